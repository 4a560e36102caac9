import { apiKeyIdOf, BaseError, type Hex, signedReceiptToJson } from '@kedge/core';
import { type ChannelBook, rootIdOf } from '../channels/channelBook.js';
import type { ServedChannel } from '../channels/servedChannel.js';
import type { HttpRequest, HttpResponse } from '../http1/exchange.js';
import { ratesRoute, takeRatesRoute } from '../rates/rateRoutes.js';
import { surfaces } from '../surfaces/surfaces.js';
import { voucherRoute } from '../vouchers/voucherRoutes.js';
import { authenticate } from './authenticate.js';
import { meteredCall } from './meteredCall.js';
import { pathOf } from './pathOf.js';
import type { RouteContext } from './routeContext.js';
import { sendJson } from './sendProblem.js';

/**
 * Answers one request. Resolves when it is over.
 * @throws BaseError, at once or by the promise, for everything that is refused.
 */
export function routeRequest(request: HttpRequest, response: HttpResponse, context: RouteContext): Promise<void> {
  const path = pathOf(request.target);
  const surface = surfaces.get(path);
  if (surface !== undefined) {
    allow(request, 'POST');
    return meteredCall(surface, request, response, context);
  }
  switch (path) {
    case '/v1/models':
      allow(request, 'GET');
      return models(request, response, context);
    case '/v1/vouchers':
      return voucherRoute(request, response, context);
    case '/v1/rates':
      allow(request, 'GET');
      return ratesRoute(request, response, context);
    case '/admin/rates':
      allow(request, 'PUT');
      requireLocal(request);
      return takeRatesRoute(request, response, context.rates);
    case '/admin/capture':
      allow(request, 'POST');
      return captureNow(request, response, context);
    case '/admin/keys':
      allow(request, 'GET');
      requireLocal(request);
      return keyUse(response, context);
    case '/admin/usage-differences':
      allow(request, 'GET');
      requireLocal(request);
      return context.usageDifferences().then((differences) => sendJson(response, 200, { differences }));
    case '/admin/live':
      if (context.live === undefined) break;
      allow(request, 'GET');
      requireLocal(request);
      // A stream is over for the router at once: who watches is no call that a batch of receipts or a stop waits for.
      if (!/\btext\/event-stream\b/i.test(request.headers.get('accept') ?? ''))
        return context.live.read().then((live) => sendJson(response, 200, live));
      context.live.open(response);
      return Promise.resolve();
    case '/admin/shadow':
      if (context.shadowReport === undefined) break;
      allow(request, 'GET');
      requireLocal(request);
      sendJson(response, 200, context.shadowReport());
      return Promise.resolve();
    case '/healthz':
      return health(response, 'alive');
    case '/readyz':
      return ready(response, context);
    case '/metrics':
      if (context.metricsText === undefined) break;
      allow(request, 'GET');
      requireLocal(request);
      return context
        .metricsText()
        .then((text) => response.send(200, { 'content-type': 'text/plain; version=0.0.4' }, Buffer.from(text)));
  }
  const voucher = /^\/v1\/vouchers\/(0x[0-9a-f]{64})$/.exec(path);
  if (voucher !== null) return voucherRoute(request, response, context, voucher[1] as Hex);
  const receipt = /^\/v1\/receipts\/(0x[0-9a-f]{64})\/(\d{1,20})$/.exec(path);
  if (receipt !== null) {
    allow(request, 'GET');
    return receipts(request, response, context, receipt[1] as Hex, BigInt(receipt[2] ?? 0));
  }
  throw new BaseError(`There is no ${path.slice(0, 100)} here.`, {
    code: 'not_found',
    status: 404,
    hints: [
      `Served are POST ${[...surfaces.keys()].join(', ')}, GET /v1/models and GET /v1/receipts/<channelId>/<seq>. What the policy has no rate for is refused, never free.`,
    ],
  });
}

async function health(response: HttpResponse, status: string, unready?: BaseError): Promise<void> {
  if (unready !== undefined) throw unready;
  sendJson(response, 200, { status });
}

async function ready(response: HttpResponse, context: RouteContext): Promise<void> {
  return health(response, 'ready', context.unready() ?? (await context.upstreamFault?.()));
}

async function models(request: HttpRequest, response: HttpResponse, { book, services }: RouteContext): Promise<void> {
  const { policy, openedAt, classId } = await authenticate(request.headers, book);
  const served = policy.models.filter((model) => services.currentPolicies?.allows(classId, model) ?? true);
  const data = served.map((id) => ({ id, object: 'model', created: Number(openedAt), owned_by: 'kedge' }));
  sendJson(response, 200, { object: 'list', data });
}

async function receipts(
  request: HttpRequest,
  response: HttpResponse,
  { book, ledger, topUps }: RouteContext,
  channelId: Hex,
  seq: bigint,
): Promise<void> {
  const served = await authenticate(request.headers, book);
  // Of another's channel the caller learns nothing: a receipt carries its salt.
  const isOwn = async (): Promise<boolean> => {
    if (served.channelId === channelId || isNext(served, channelId, book)) return true;
    // Another process may have opened it just now.
    await topUps?.catchUp();
    return isNext(served, channelId, book);
  };
  const signed = (await isOwn()) ? await ledger.receiptOf(channelId, seq) : undefined;
  if (signed === undefined) {
    throw new BaseError('There is no such receipt in the channel of this key.', {
      code: 'receipt_unknown',
      status: 404,
      values: { channelId, seq },
      hints: ['seq is the decimal number in the receipt: its epoch times 2^40 plus its counter.'],
    });
  }
  sendJson(response, 200, signedReceiptToJson(signed));
}

/** Whether a channel continues what a key pays from. */
function isNext(served: ServedChannel, channelId: Hex, book: ChannelBook): boolean {
  const asked = book.byId(channelId);
  return asked !== undefined && rootIdOf(asked) === rootIdOf(served);
}

/** What keys with terms of their own have spent, after what the channels file says now. */
async function keyUse(response: HttpResponse, { book, keyUses }: RouteContext): Promise<void> {
  await book.refresh();
  const counted = await keyUses?.();
  const keys = book.keyed().map(({ channelId, key }) => ({
    keyId: apiKeyIdOf(key.apiKeySha256),
    name: key.name,
    channelId,
    usedUnits: (counted?.get(key.apiKeySha256) ?? key.account.committedUnits).toString(),
    capUnits: key.capUnits?.toString() ?? null,
    createdAt: key.createdAt.toString(),
    expiresAt: key.expiresAt?.toString() ?? null,
    revokedAt: key.revokedAt?.toString() ?? null,
  }));
  sendJson(response, 200, { keys });
}

/** For the operator on this machine. It can only do early what the interval would do anyway. */
async function captureNow(request: HttpRequest, response: HttpResponse, context: RouteContext): Promise<void> {
  requireLocal(request);
  const postponed = await context.captureNow();
  if (postponed === undefined) return sendJson(response, 200, { captured: true });
  throw new BaseError('The capture is postponed.', {
    code: 'capture_postponed',
    status: 503,
    kind: 'transient',
    values: { reason: postponed },
    hints: ['It is tried again by itself. Nothing that is used is lost: it is in the log.'],
  });
}

function allow(request: HttpRequest, method: string): void {
  if (request.method === method) return;
  throw new BaseError(`This takes ${method}.`, {
    code: 'method_not_allowed',
    status: 405,
    values: { method: request.method, allow: method },
    hints: [`Send it as ${method}.`],
  });
}

// What proxies say of themselves, each in its own way.
const proxyHeader = /^(x-forwarded-.+|forwarded|via|x-real-ip|x-client-ip|cf-connecting-ip|true-client-ip)$/;
const loopbackHost = /^(https?:\/\/)?(127(\.\d{1,3}){3}|localhost|\[::1\])(:\d+)?$/i;

/**
 * Who asks must be a program on this machine that means to: not a proxy's client, and not a page in a browser here, be it by a
 * name that resolves to this machine (DNS rebinding) or by sending what needs no answer.
 * @throws BaseError 403 `not_local`.
 */
function requireLocal({ remoteAddress, headers }: HttpRequest): void {
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
