import { apiKeyIdOf, BaseError, type Hex, signedReceiptToJson, voucherHeader } from '@kedge/core';
import type { CallServices } from '../call/callContext.js';
import type { UsageDifference } from '../call/usageCheck.js';
import { type Reservation, type ReserveOptions, reserveUnits } from '../call/reserveUnits.js';
import { serveCall } from '../call/serveCall.js';
import { type ChannelBook, rootIdOf } from '../channels/channelBook.js';
import type { ServedChannel } from '../channels/servedChannel.js';
import type { AnswerSlot, Idempotency } from '../idempotency/createIdempotency.js';
import type { HttpRequest, HttpResponse } from '../http1/exchange.js';
import type { HeaderFields } from '../http1/parseHead.js';
import { replayAnswer } from '../idempotency/replayAnswer.js';
import type { LiveFeed } from '../live/createLiveFeed.js';
import type { VoucherBook } from '../vouchers/createVoucherBook.js';
import { takeHeaderVoucher, voucherRoute } from '../vouchers/voucherRoutes.js';
import type { Ledger } from '../ledger/openLedger.js';
import type { Surface } from '../surfaces/surface.js';
import type { CallSpan } from '../traces/createTraces.js';
import { surfaces } from '../surfaces/surfaces.js';
import { type TopUps, withValues } from '../topUps/createTopUps.js';
import { x402Headers } from '../topUps/x402Messages.js';
import { authenticate } from './authenticate.js';
import { readBody } from './readBody.js';
import { sendJson } from './sendProblem.js';

export type RouteContext = {
  readonly book: ChannelBook;
  readonly ledger: Pick<Ledger, 'receiptOf' | 'answers'>;
  readonly idempotency: Idempotency;
  readonly vouchers: VoucherBook;
  readonly services: CallServices;
  readonly reserving: ReserveOptions;
  /** Where calls may be paid for. */
  readonly topUps: TopUps | undefined;
  readonly maxRequestBytes: number;
  readonly captureNow: () => Promise<string | undefined>;
  /** Why the upstream cannot be relied on now. Calls are still tried. */
  readonly upstreamFault?: () => BaseError | undefined;
  readonly metricsText?: () => string;
  readonly live?: LiveFeed;
  /** In shadow mode: who would have earned what. */
  readonly shadowReport?: () => unknown;
  readonly usageDifferences: () => readonly UsageDifference[];
  /** Why nothing is served now; undefined when everything is in order. */
  readonly unready: () => BaseError | undefined;
};

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
      sendJson(response, 200, { differences: context.usageDifferences() });
      return Promise.resolve();
    case '/admin/live':
      if (context.live === undefined) break;
      allow(request, 'GET');
      requireLocal(request);
      // A stream is over for the router at once: who watches is no call that a batch of receipts or a stop waits for.
      if (/\btext\/event-stream\b/i.test(request.headers.get('accept') ?? '')) context.live.open(response);
      else sendJson(response, 200, context.live.read());
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
      return health(response, 'ready', context.unready() ?? context.upstreamFault?.());
    case '/metrics':
      if (context.metricsText === undefined) break;
      allow(request, 'GET');
      requireLocal(request);
      response.send(200, { 'content-type': 'text/plain; version=0.0.4' }, Buffer.from(context.metricsText()));
      return Promise.resolve();
  }
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

// One promise a call: this runs for every one, and its steps mostly do not wait.
function meteredCall(
  surface: Surface,
  request: HttpRequest,
  response: HttpResponse,
  context: RouteContext,
): Promise<void> {
  const unready = context.unready();
  if (unready !== undefined) throw unready;
  const found = authenticate(request.headers, context.book);
  const serve = (served: ServedChannel): Promise<void> => {
    const voucher = served.channel.mode === 'strict' ? request.headers.get(voucherHeader) : undefined;
    if (voucher === undefined) return begin(served);
    return takeHeaderVoucher(served, voucher, context.vouchers).then(() => begin(served));
  };
  const begin = (served: ServedChannel): Promise<void> =>
    new Promise((resolve, reject) => {
      const payment = context.topUps === undefined ? undefined : request.headers.get(x402Headers.signature);
      const key =
        request.headers.get('idempotency-key') ??
        (payment === undefined ? undefined : context.topUps?.idempotencyKeyOf(payment));
      readBody(
        request,
        context.maxRequestBytes,
        (body) => {
          try {
            const paid = payment === undefined ? undefined : context.topUps?.responseOf(payment);
            const target = { headers: request.headers, url: urlOf(request) };
            const answer = paid === undefined ? response : withHeader(response, x402Headers.response, paid);
            const incoming = { surface, served, body, ...target, response: answer, payment };
            if (key === undefined) serveOnce(incoming, undefined, context).then(resolve, reject);
            else serveRetried(incoming, key, context).then(resolve, reject);
          } catch (error) {
            reject(error);
          }
        },
        reject,
      );
    });
  return found instanceof Promise ? found.then(serve) : serve(found);
}

/** A request with its body, before it is read. */
type Incoming = {
  readonly surface: Surface;
  readonly served: ServedChannel;
  readonly body: Buffer;
  readonly headers: HeaderFields;
  readonly url: string;
  readonly response: HttpResponse;
  /** What it pays with, if its channels lack the value. */
  readonly payment: string | undefined;
};

/** A call that may have been made before. */
async function serveRetried(incoming: Incoming, key: string, context: RouteContext): Promise<void> {
  const { idempotency, ledger } = context;
  const channelId = rootIdOf(incoming.served);
  const begun = await idempotency.begin(
    { channelId, key, path: incoming.surface.path, body: incoming.body },
    ledger.answers,
  );
  if ('head' in begun) {
    const signed = await ledger.receiptOf(begun.head.receiptChannelId ?? channelId, BigInt(begun.head.seq));
    if (signed === undefined) throw new Error(`The log has an answer without its receipt ${begun.head.seq}.`);
    return replayAnswer(incoming.response, begun.head, begun.body, signed);
  }
  try {
    await serveOnce(incoming, begun, context);
  } finally {
    begun.end();
  }
}

function serveOnce(incoming: Incoming, slot: AnswerSlot | undefined, context: RouteContext): Promise<void> {
  const { traces } = context.services;
  if (traces === undefined) return serveIn(undefined, incoming, slot, context);
  return traces.trace(incoming.surface, incoming.headers, (span) => serveIn(span, incoming, slot, context));
}

function serveIn(
  span: CallSpan | undefined,
  incoming: Incoming,
  slot: AnswerSlot | undefined,
  context: RouteContext,
): Promise<void> {
  const { surface, served, body, headers, response } = incoming;
  const { reserving, services, vouchers } = context;
  const request = surface.open(served.policy, body, headers.get('content-type'));
  services.currentPolicies?.check(served.classId, request.model);
  span?.opened(request);
  const anthropicVersion = surface.dialect === 'anthropic' ? anthropicVersionOf(headers) : undefined;
  const serve = (reservation: Reservation): Promise<void> => {
    span?.reserved();
    const call = {
      served,
      surface,
      request,
      requestBody: body,
      anthropicVersion,
      reservation,
      response,
      slot,
      strict: undefined,
      span,
    };
    if (served.channel.mode !== 'strict') return serveCall(call, services);
    return serveCall(vouchers.begin(call), services);
  };
  const { worstUnits } = request.quote;
  const serveNext = (error: unknown): Promise<void> =>
    serveFromNext(error, worstUnits, incoming, context, (next) => serveIn(span, next, slot, context));
  let reserved: Reservation | Promise<Reservation>;
  try {
    reserved = reserveUnits(served, worstUnits, reserving);
  } catch (error) {
    return serveNext(error);
  }
  return reserved instanceof Promise ? reserved.then(serve, serveNext) : serve(reserved);
}

/** A call that its channel lacks value for: from the next channel of its key, or from the one that its payment opens. */
async function serveFromNext(
  error: unknown,
  worstUnits: bigint,
  incoming: Incoming,
  { book, topUps }: RouteContext,
  serve: (incoming: Incoming) => Promise<void>,
): Promise<void> {
  const { served, payment, url } = incoming;
  if (!(error instanceof BaseError) || !lacksValue.has(error.code ?? '')) throw error;
  const next = book.after(served);
  if (next !== undefined) return serve({ ...incoming, served: next });
  if (topUps === undefined) throw error;
  const call = { served, worstUnits, url };
  if (payment === undefined) throw await topUps.offered(error, call);
  let paid: string;
  try {
    paid = await topUps.pay(payment, call);
  } catch (refusal) {
    if (!(refusal instanceof BaseError) || refusal.status !== 402) throw refusal;
    throw await topUps.offered(withValues(refusal, { offer: error.values['offer'] }), call);
  }
  const opened = book.after(served);
  try {
    if (opened === undefined) throw await topUps.offered(error, call);
    const response = withHeader(incoming.response, x402Headers.response, paid);
    return await serve({ ...incoming, served: opened, response, payment: undefined });
  } catch (refusal) {
    // It was paid, whatever became of the call.
    throw refusal instanceof BaseError ? withValues(refusal, { paymentResponse: paid }) : refusal;
  }
}

const lacksValue: ReadonlySet<string> = new Set(['value_exhausted', 'channel_ended']);

function withHeader(response: HttpResponse, name: string, value: string): HttpResponse {
  return {
    ...response,
    send: (status, headers, body) => response.send(status, { ...headers, [name]: value }, body),
    begin: (status, headers) => response.begin(status, { ...headers, [name]: value }),
  };
}

/** As far as the request says: who asks through a proxy knows better. */
function urlOf({ headers, target }: HttpRequest): string {
  return `http://${headers.get('host') ?? 'localhost'}${pathOf(target)}`;
}

/** The version of the API that the client speaks. Other headers, which may ask the upstream for more, are not passed on. */
function anthropicVersionOf(headers: HeaderFields): string {
  const version = headers.get('anthropic-version') ?? '';
  return /^[-0-9A-Za-z.]{1,40}$/.test(version) ? version : '2023-06-01';
}

async function health(response: HttpResponse, status: string, unready?: BaseError): Promise<void> {
  if (unready !== undefined) throw unready;
  sendJson(response, 200, { status });
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
  { book, ledger }: RouteContext,
  channelId: Hex,
  seq: bigint,
): Promise<void> {
  const served = await authenticate(request.headers, book);
  // Of another's channel the caller learns nothing: a receipt carries its salt.
  const isOwn = served.channelId === channelId || isNext(served, channelId, book);
  const signed = isOwn ? await ledger.receiptOf(channelId, seq) : undefined;
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
async function keyUse(response: HttpResponse, { book }: RouteContext): Promise<void> {
  await book.refresh();
  const keys = book.keyed().map(({ channelId, key }) => ({
    keyId: apiKeyIdOf(key.apiKeySha256),
    channelId,
    usedUnits: key.account.committedUnits.toString(),
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

/** The path without its query. A target in absolute form (RFC 9112, 3.2.2) counts as its path. */
export function pathOf(target: string): string {
  return (
    (/^https?:\/\/[^/?#]*/i.exec(target) ? target.replace(/^https?:\/\/[^/?#]*/i, '') : target).split('?', 1)[0] || '/'
  );
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

/** @throws BaseError 403 `not_local`. */
function requireLocal(request: HttpRequest): void {
  if (
    !/^(::ffff:)?127\.|^::1$/.test(request.remoteAddress ?? '') ||
    request.headers.get('x-forwarded-for') !== undefined
  ) {
    throw new BaseError('This is answered on the machine of the gateway only.', {
      code: 'not_local',
      status: 403,
      hints: ['Ask on the machine of the gateway, without a proxy between.'],
    });
  }
}
