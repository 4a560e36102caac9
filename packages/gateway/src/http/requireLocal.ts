import { BaseError } from '@kedge/core';
import type { HttpRequest } from '../http1/exchange.js';

// What proxies say of themselves, each in its own way.
const proxyHeader = /^(x-forwarded-.+|forwarded|via|x-real-ip|x-client-ip|cf-connecting-ip|true-client-ip)$/;
const loopbackHost = /^(https?:\/\/)?(127(\.\d{1,3}){3}|localhost|\[::1\])(:\d+)?$/i;

/**
 * Who asks must be a program on this machine that means to: not a proxy's client, and not a page in a browser here, be it by a
 * name that resolves to this machine (DNS rebinding) or by sending what needs no answer.
 * @throws BaseError 403 `not_local`.
 */
export function requireLocal({ remoteAddress, headers }: HttpRequest): void {
  const isForwarded = [...headers.keys()].some((name) => proxyHeader.test(name));
  // A browser says where a request begins, and a page of another site is no program of the operator's.
  const isFromPage = /^(cross-site|same-site)$/.test(headers.get('sec-fetch-site') ?? '');
  const names = [headers.get('host') ?? '', headers.get('origin') ?? 'localhost'];
  if (
    !isForwarded &&
    !isFromPage &&
    /^(::ffff:)?127\.|^::1$/.test(remoteAddress ?? '') &&
    names.every((name) => loopbackHost.test(name))
  ) {
    return;
  }
  throw new BaseError('This is answered on the machine of the gateway only.', {
    code: 'not_local',
    status: 403,
    hints: ['Ask on the machine of the gateway as 127.0.0.1 or localhost, without a proxy or a page between.'],
  });
}
