import type { ServedChannel } from '../channels/servedChannel.js';
import type { HttpResponse } from '../http1/exchange.js';
import type { AnswerSlot } from '../idempotency/createIdempotency.js';
import type { OpenedRequest, Surface } from '../surfaces/surface.js';
import type { CallSpan } from '../traces/createTraces.js';
import type { StrictCall } from '../vouchers/openStrictCall.js';
import type { Reservation } from './reserveUnits.js';

/** One authenticated call whose worst case is reserved. */
export type Call = {
  readonly served: ServedChannel;
  readonly surface: Surface;
  readonly request: OpenedRequest;
  /** As the client sent it: what the receipt's hash is over. */
  readonly requestBody: Buffer;
  /** Of Anthropic's API, as the client says; undefined on other surfaces. */
  readonly anthropicVersion: string | undefined;
  readonly reservation: Reservation;
  readonly response: HttpResponse;
  /** Of a call with an Idempotency-Key. It runs to its end even when its client leaves: a retry gets the whole answer. */
  readonly slot: AnswerSlot | undefined;
  /** Of a strict channel's call: what of it may be handed over before the next voucher. */
  readonly strict: StrictCall | undefined;
  readonly span: CallSpan | undefined;
};
