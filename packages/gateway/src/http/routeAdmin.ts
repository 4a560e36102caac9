import { apiKeyIdOf, BaseError } from '@kedge/core';
import type { HttpRequest, HttpResponse } from '../http1/exchange.js';
import { takeRatesRoute } from '../rates/rateRoutes.js';
import { allow } from './allow.js';
import { pathOf } from './pathOf.js';
import { requireLocal } from './requireLocal.js';
import type { AdminContext } from './routeContext.js';
import { sendJson } from './sendProblem.js';

/**
 * Answers one request on the operator's own port.
 * @throws BaseError, at once or by the promise, for everything that is refused.
 */
export function routeAdmin(request: HttpRequest, response: HttpResponse, context: AdminContext): Promise<void> {
  requireLocal(request);
  const path = pathOf(request.target);
  switch (path) {
    case '/admin/rates':
      allow(request, 'PUT');
      return takeRatesRoute(request, response, context.rates);
    case '/admin/capture':
      allow(request, 'POST');
      return captureNow(response, context);
    case '/admin/keys':
      allow(request, 'GET');
      return keyUse(response, context);
    case '/admin/usage-differences':
      allow(request, 'GET');
      return context.usageDifferences().then((differences) => sendJson(response, 200, { differences }));
    case '/admin/live':
      if (context.live === undefined) break;
      allow(request, 'GET');
      // A stream is over for the router at once: who watches is no call that a batch of receipts or a stop waits for.
      if (!/\btext\/event-stream\b/i.test(request.headers.get('accept') ?? ''))
        return context.live.read().then((live) => sendJson(response, 200, live));
      context.live.open(response);
      return Promise.resolve();
    case '/admin/shadow':
      if (context.shadowReport === undefined) break;
      allow(request, 'GET');
      sendJson(response, 200, context.shadowReport());
      return Promise.resolve();
  }
  throw new BaseError(`There is no ${path.slice(0, 100)} here.`, {
    code: 'not_found',
    status: 404,
    hints: ['This port is for the operator alone: calls are served on the gateway’s own.'],
  });
}

/** What keys with terms of their own have spent, after what the channels file says now. */
async function keyUse(response: HttpResponse, { book, keyUses }: AdminContext): Promise<void> {
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

/** It can only do early what the interval would do anyway. */
async function captureNow(response: HttpResponse, context: AdminContext): Promise<void> {
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
