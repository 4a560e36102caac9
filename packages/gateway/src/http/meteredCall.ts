import { BaseError, rateQuoteHeader, voucherHeader } from '@kedge/core';
import { type Reservation, reserveUnits } from '../call/reserveUnits.js';
import { serveCall } from '../call/serveCall.js';
import { rootIdOf } from '../channels/channelBook.js';
import type { ServedChannel } from '../channels/servedChannel.js';
import type { HttpRequest, HttpResponse } from '../http1/exchange.js';
import type { HeaderFields } from '../http1/parseHead.js';
import type { AnswerSlot } from '../idempotency/createIdempotency.js';
import { replayAnswer } from '../idempotency/replayAnswer.js';
import type { OpenedRequest, Surface } from '../surfaces/surface.js';
import { notHere } from '../peers/notHere.js';
import { x402Headers } from '../topUps/x402Messages.js';
import type { CallSpan } from '../traces/createTraces.js';
import { takeHeaderVoucher } from '../vouchers/voucherRoutes.js';
import { apiKeySha256In, authenticate } from './authenticate.js';
import { pathOf } from './pathOf.js';
import { readBody } from './readBody.js';
import type { RouteContext } from './routeContext.js';

// A text that costs most takes four milliseconds to count then.
const longBytes = 4_096;

/**
 * Serves one metered call: finds its channel, reads its body, reserves its worst case, and forwards it. One promise a call: this
 * runs for every one, and its steps mostly do not wait.
 * @throws BaseError, at once or by the promise, for everything that is refused.
 */
export function meteredCall(
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
    return takeHeaderVoucher(served, voucher, context).then(begin);
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
            const { headers } = request;
            const incoming = { surface, served, body, headers, url: urlOf(request), response, payment };
            if (key === undefined) serveOnce(withPaid(incoming, context), undefined, context).then(resolve, reject);
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
    return replayAnswer(withPaid(incoming, context).response, begun.head, begun.body, signed);
  }
  try {
    await serveOnce(withPaid(incoming, context), begun, context);
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
  const { surface, body, headers, response } = incoming;
  const { rates, reserving, services, vouchers } = context;
  const hasOracle = incoming.served.policy.oracle !== undefined;
  const served = hasOracle ? rates.priced(incoming.served, headers.get(rateQuoteHeader)) : incoming.served;
  const { counted: request, giveBack } = opened(incoming, served, context);
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
    const begun = served.channel.mode === 'strict' ? vouchers.begin(call) : call;
    // It is paid for, or its upstream's failure is nobody's.
    giveBack?.();
    return serveCall(begun, services);
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

/** The request as its surface reads it. One that takes long to count is bounded like a count alone until it is paid for. */
function opened(
  { surface, body, headers }: Incoming,
  { policy }: ServedChannel,
  { countLimit }: RouteContext,
): { readonly counted: OpenedRequest; readonly giveBack?: () => void } {
  const open = (): OpenedRequest => surface.open(policy, body, headers.get('content-type'));
  if (countLimit === undefined || body.length < longBytes) return { counted: open() };
  return countLimit(apiKeySha256In(headers) ?? '', open);
}

/** A call that its channel lacks value for: from the next channel of its key, or from the one that its payment opens. */
async function serveFromNext(
  error: unknown,
  worstUnits: bigint,
  incoming: Incoming,
  { book, ledger, topUps }: RouteContext,
  serveHere: (incoming: Incoming) => Promise<void>,
): Promise<void> {
  const serve = async (next: Incoming): Promise<void> => {
    // It is where its root is, unless that moved just now.
    if ((await ledger.placeOf(next.served.channelId)) !== undefined) throw notHere();
    return serveHere(next);
  };
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
    throw await topUps.offered(refusal.with({ values: { offer: error.values['offer'] } }), call);
  }
  const opened = book.after(served);
  try {
    if (opened === undefined) throw await topUps.offered(error, call);
    const response = withHeader(incoming.response, x402Headers.response, paid);
    return await serve({ ...incoming, served: opened, response, payment: undefined });
  } catch (refusal) {
    // It was paid, whatever became of the call.
    throw refusal instanceof BaseError ? refusal.with({ values: { paymentResponse: paid } }) : refusal;
  }
}

const lacksValue: ReadonlySet<string> = new Set(['value_exhausted', 'channel_ended']);

/** Its answer says what came of its payment, if that was taken before. */
function withPaid(incoming: Incoming, { topUps }: RouteContext): Incoming {
  const { payment, response } = incoming;
  const paid = payment === undefined ? undefined : topUps?.responseOf(payment);
  return paid === undefined ? incoming : { ...incoming, response: withHeader(response, x402Headers.response, paid) };
}

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
