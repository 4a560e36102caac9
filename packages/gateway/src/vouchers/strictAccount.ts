import type { SignedVoucher } from '@kedge/core';
import type { CommitInput } from '../ledger/receiptBatcher.js';

/** What the gateway knows of one strict channel beside its ledger account. */
export type StrictAccount = {
  /** Durable vouchers, the highest last; a few, because the highest may be ahead of the receipts, and the one to capture. */
  held: readonly SignedVoucher[];
  /** Those that came last, in that order, durable or about to be: a lower one may come after one that is ahead. */
  recent: readonly SignedVoucher[];
  /** All running calls. */
  readonly running: CallUnits;
  /** Those of them whose answers have begun: they will be charged, while others may yet come to nothing. */
  readonly begun: CallUnits;
  /** Units of running calls' inputs, which are paid before they reach the upstream. */
  inputUnits: bigint;
  /** Outputs of finished calls, oldest first, whose receipts no voucher acknowledged yet: they may still be on their way. */
  unacknowledged: readonly { readonly seq: bigint; readonly units: bigint }[];
  readonly waiting: Set<() => void>;
  /** What running streams would be charged now; undefined: nothing. */
  readonly progress: Set<() => CommitInput | undefined>;
};

/** Units of calls. */
export type CallUnits = {
  /** What the client may have been given. */
  granted: bigint;
  /** What a voucher may be over by now: inputs, and what streams have handed over. */
  payable: bigint;
  /** What they come to at least, if they are charged. */
  least: bigint;
};

export function createStrictAccount(): StrictAccount {
  return {
    held: [],
    recent: [],
    running: { granted: 0n, payable: 0n, least: 0n },
    begun: { granted: 0n, payable: 0n, least: 0n },
    inputUnits: 0n,
    unacknowledged: [],
    waiting: new Set(),
    progress: new Set(),
  };
}
