import type { Hex, Measured, SignedReceipt } from '@kedge/core';
import type { CurrentPolicies } from '../channels/createCurrentPolicies.js';
import type { ServedChannel } from '../channels/servedChannel.js';
import type { AnswerSlot } from '../idempotency/createIdempotency.js';
import type { CommitInput } from '../ledger/receiptBatcher.js';
import type { LiveMeter } from '../live/createLiveMeter.js';
import type { StructuredLog } from '../structuredLog.js';
import type { HttpResponse } from '../http1/exchange.js';
import type { Reservation } from './reserveUnits.js';
import type { OpenedRequest, Surface } from '../surfaces/surface.js';
import type { Upstream } from '../upstream/upstream.js';
import type { CallSpan, Traces } from '../traces/createTraces.js';
import type { StrictCall } from '../vouchers/openStrictCall.js';

/** What serving any call needs. */
export type CallServices = {
  readonly upstream: Upstream;
  /** Undefined in shadow mode, which charges nothing. */
  readonly commit: (input: CommitInput) => Promise<SignedReceipt | undefined>;
  /** Compares the upstream's count with the gateway's own. */
  readonly checkUsage: (measured: Measured, call: Call) => void;
  /** Counts for the operator what is served now; absent in shadow mode. */
  readonly live?: LiveMeter;
  readonly log: StructuredLog;
  /** Unix time in seconds, with fractions. */
  readonly nowSeconds: () => number;
  readonly randomSalt: () => Hex;
  readonly maxAnswerBytes: number;
  /** Undefined in shadow mode. */
  readonly currentPolicies?: CurrentPolicies | undefined;
  /** Undefined where nobody asked for traces. */
  readonly traces?: Traces | undefined;
};

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
