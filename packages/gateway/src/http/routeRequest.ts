import { BaseError, type Hex, signedReceiptToJson } from '@kedge/core';
import { type ChannelBook, rootIdOf } from '../channels/channelBook.js';
import type { ServedChannel } from '../channels/servedChannel.js';
import type { HttpRequest, HttpResponse } from '../http1/exchange.js';
import { ratesRoute } from '../rates/rateRoutes.js';
import { surfaces } from '../surfaces/surfaces.js';
import { voucherRoute } from '../vouchers/voucherRoutes.js';
import { allow } from './allow.js';
import { authenticate } from './authenticate.js';
import { countTokensRoute } from './countTokensRoute.js';
import { meteredCall } from './meteredCall.js';
import { pathOf } from './pathOf.js';
import { requireLocal } from './requireLocal.js';
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
    case '/v1/messages/count_tokens':
      allow(request, 'POST');
      return countTokensRoute(request, response, context);
    case '/v1/vouchers':
      return voucherRoute(request, response, context);
    case '/v1/rates':
      allow(request, 'GET');
      return ratesRoute(request, response, context);
    case '/healthz':
      return health(response, 'alive');
    case '/readyz':
      return ready(response, context);
    case '/metrics':
      if (context.metricsText === undefined) break;
      allow(request, 'GET');
      return metrics(request, response, context.metricsText);
  }
  const listed = /^\/v1\/models(?:\/([^/].*))?$/.exec(path);
  if (listed !== null) {
    allow(request, 'GET');
    return models(request, response, context, listed[1]);
  }
  if (path.startsWith('/admin/')) return sendToAdmin(request, response, path, context);
  const voucher = /^\/v1\/vouchers\/(0x[0-9a-f]{64})$/.exec(path);
  if (voucher !== null) return voucherRoute(request, response, context, voucher[1] as Hex);
  const receipt = /^\/v1\/receipts\/(0x[0-9a-f]{64})\/(\d{1,20})$/.exec(path);
  if (receipt !== null) {
    allow(request, 'GET');
    return receipts(request, response, context, receipt[1] as Hex, BigInt(receipt[2] ?? 0));
  }
  const anchor = /^\/v1\/anchors\/([a-z2-7]{1,100})$/.exec(path);
  if (anchor !== null && context.anchors !== undefined) {
    allow(request, 'GET');
    return context.anchors(anchor[1]!, response);
  }
  throw new BaseError(`There is no ${path.slice(0, 100)} here.`, {
    code: 'not_found',
    status: 404,
    hints: [
      `Served are POST ${[...surfaces.keys()].join(', ')}, POST /v1/messages/count_tokens, GET /v1/models, GET /v1/receipts/<channelId>/<seq> and GET /v1/anchors/<cid>. What the policy has no rate for is refused, never free.`,
    ],
  });
}

/** What is the operator's alone is served on a port that no proxy passes on; whoever asks here from this machine is told where. */
async function sendToAdmin(
  request: HttpRequest,
  response: HttpResponse,
  path: string,
  { adminUrl }: RouteContext,
): Promise<void> {
  requireLocal(request);
  response.send(307, { location: `${adminUrl}${path}`, 'cache-control': 'no-store' }, '');
}

async function health(response: HttpResponse, status: string, unready?: BaseError): Promise<void> {
  if (unready !== undefined) throw unready;
  sendJson(response, 200, { status });
}

async function ready(response: HttpResponse, context: RouteContext): Promise<void> {
  return health(response, 'ready', context.unready() ?? (await context.upstreamFault?.()));
}

/** Counts, without keys, prompts, answers or channels, where Prometheus looks for them; still nobody else's. */
async function metrics(request: HttpRequest, response: HttpResponse, text: () => Promise<string>): Promise<void> {
  requireLocal(request);
  response.send(200, { 'content-type': 'text/plain; version=0.0.4' }, Buffer.from(await text()));
}

/** The models of the caller's channel, or the one that is named, as it stands in the path: in it slashes may be written out. */
async function models(
  request: HttpRequest,
  response: HttpResponse,
  { book, services }: RouteContext,
  named: string | undefined,
): Promise<void> {
  const { policy, openedAt, classId } = await authenticate(request.headers, book);
  const served = policy.models.filter((model) => services.currentPolicies?.allows(classId, model) ?? true);
  const data = served.map((id) => ({ id, object: 'model', created: Number(openedAt), owned_by: 'kedge' }));
  if (named === undefined) return sendJson(response, 200, { object: 'list', data });
  const model = data.find(({ id }) => id === decoded(named));
  if (model === undefined) {
    throw new BaseError('There is no such model in the channel of this key.', {
      code: 'model_not_found',
      status: 404,
      values: { model: named.slice(0, 200) },
      hints: ['GET /v1/models lists those that there are.'],
    });
  }
  sendJson(response, 200, model);
}

function decoded(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined;
  }
}

async function receipts(
  request: HttpRequest,
  response: HttpResponse,
  { book, ledger, topUps, isReceiptOf }: RouteContext,
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
  const { key } = served;
  // Nor of the calls of other keys: with the salt, what a call said can be guessed and tried. The first key is the channel's own.
  const isOfAll = key === undefined || key.apiKeySha256 === served.apiKeySha256;
  if (signed === undefined || !(isOfAll || isReceiptOf?.(signed.salt, key.apiKeySha256) === true)) {
    throw new BaseError(
      isOfAll
        ? 'There is no such receipt in the channel of this key.'
        : 'There is no such receipt of a call with this key.',
      {
        code: 'receipt_unknown',
        status: 404,
        values: { channelId, seq },
        hints: ['seq is the decimal number in the receipt: its epoch times 2^40 plus its counter.'],
      },
    );
  }
  sendJson(response, 200, signedReceiptToJson(signed));
}

/** Whether a channel continues what a key pays from. */
function isNext(served: ServedChannel, channelId: Hex, book: ChannelBook): boolean {
  const asked = book.byId(channelId);
  return asked !== undefined && rootIdOf(asked) === rootIdOf(served);
}
