import type { Hex, VoucherMemory } from '@kedge/core';
import type { PaidPlace } from './placeOf.js';
import type { ChannelKey, StrictChannel } from './voucherAccount.js';

/** What one channel is paid from, and with. */
export type PayerParameters = StrictChannel & {
  /** Signs vouchers: the account of the channel key. */
  readonly account: ChannelKey;
  /**
   * What an earlier run of this client left, from `memory` of its `KedgeFetch`: of this channel, not of one that continues it.
   * `parseVoucherMemory` of `@kedge/core` reads what `voucherMemoryToJson` made of it.
   */
  readonly memory?: VoucherMemory;
  /**
   * Is called with what the next run should be given: before each call and before each voucher, neither of which is sent where it
   * throws, and after each call.
   */
  readonly onMemory?: (memory: VoucherMemory) => void;
  /**
   * Without a `memory`: the most base units that are paid for calls of an earlier run whose answers were lost, given the
   * operator's receipt for them. Default: what one call may cost at most under the policy's cap of output tokens.
   */
  readonly lostUnits?: bigint;
  /** While a stream runs, how many base units pile up before the next voucher. Default: those of 16 output tokens. */
  readonly signEveryUnits?: bigint;
};

/** A call as it was asked for: its body may be sent more than once. */
export type AskedCall = {
  readonly url: string;
  readonly headers: Headers;
  readonly body: Uint8Array<ArrayBuffer>;
  readonly signal: AbortSignal;
  /** What else its caller gave `fetch`, such as `redirect`, and Node's `dispatcher`. */
  readonly options: SendOptions;
};

export type SendOptions = Omit<RequestInit, 'method' | 'headers' | 'body' | 'signal'>;

/** Pays for calls from one channel. */
export type ChannelPayer = {
  readonly channelId: Hex;
  readonly pay: (asked: AskedCall, place: PaidPlace) => Promise<Response>;
  /** Asks with what is signed already, for what the gateway says to it. */
  readonly askUnpaid: (asked: AskedCall) => Promise<Response>;
  readonly memory: () => VoucherMemory;
};

/** The part of `fetch` that requests are sent with. */
export type Send = (input: string, init: RequestInit) => Promise<Response>;

/** What the payers of one client have in common. */
export type PayerContext = {
  /** For calls: how long they may take is their caller's to say. */
  readonly send: Send;
  /** For what the client itself asks of the gateway. */
  readonly ask: Send;
  /** Work that the client is not idle without. */
  readonly track: <T>(work: Promise<T>) => Promise<T>;
  /** Nothing is signed after the operator was caught. */
  readonly faults: {
    readonly note: (error: unknown) => void;
    /** @throws what it was caught with. */
    readonly check: () => void;
  };
};
