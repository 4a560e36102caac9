import type { SignedVoucher } from '@kedge/core';
import type { ServedChannel } from '../channels/servedChannel.js';
import type { CommitInput } from '../ledger/receiptBatcher.js';
import { boundsOf, type ExposureTerms, type ExposureTotals } from './exposure.js';

/** What the gateway knows of one strict channel beside its ledger account. */
export type StrictAccount = {
  /** Durable vouchers, the newest last; a few, because the newest may be ahead of the receipts. */
  held: readonly SignedVoucher[];
  /** Units of running calls that the client may have been given. */
  grantedUnits: bigint;
  /** Units of running calls' inputs, which are paid before they reach the upstream. */
  inputUnits: bigint;
  /** Outputs of finished calls, oldest first, whose receipts no voucher acknowledged yet: they may still be on their way. */
  unacknowledged: readonly { readonly seq: bigint; readonly units: bigint }[];
  readonly waiting: Set<() => void>;
  /** What running streams would be charged now. */
  readonly progress: Set<() => CommitInput>;
};

const mostHeld = 16;
const mostUnacknowledged = 1_024;

export function createStrictAccount(): StrictAccount {
  return {
    held: [],
    grantedUnits: 0n,
    inputUnits: 0n,
    unacknowledged: [],
    waiting: new Set(),
    progress: new Set(),
  };
}

export function signedUnitsOf(account: StrictAccount): bigint {
  return account.held.at(-1)?.voucher.cumulativeUnits ?? 0n;
}

/** Adds a durable voucher. */
export function hold(account: StrictAccount, signed: SignedVoucher): void {
  const { cumulativeUnits } = signed.voucher;
  if (account.held.some(({ voucher }) => voucher.cumulativeUnits === cumulativeUnits)) return;
  account.held = [...account.held, signed]
    .toSorted((a, b) => (a.voucher.cumulativeUnits < b.voucher.cumulativeUnits ? -1 : 1))
    .slice(-mostHeld);
  const { seq } = account.held.at(-1)!.voucher;
  account.unacknowledged = account.unacknowledged.filter((output) => output.seq > seq);
}

/** Notes the output of a call that was just charged. */
export function noteOutput(account: StrictAccount, seq: bigint, units: bigint): void {
  account.unacknowledged = [...account.unacknowledged, { seq, units }].slice(-mostUnacknowledged);
}

/**
 * What must be signed before a call with such an input: all of what the client acknowledges to have received, and all inputs.
 * Outputs that it may not have yet are the operator's exposure.
 */
export function neededUnitsOf(
  account: StrictAccount,
  { account: { committedUnits } }: ServedChannel,
  inputUnits: bigint,
): bigint {
  const onTheWay = account.unacknowledged.reduce((sum, { units }) => sum + units, 0n);
  return committedUnits - onTheWay + account.inputUnits + inputUnits;
}

/** The newest voucher that receipts on disk account for: what an honest operator captures (L9). */
export function capturableOf(account: StrictAccount, durableUnits: bigint): SignedVoucher | undefined {
  return account.held.findLast(({ voucher }) => voucher.cumulativeUnits <= durableUnits);
}

/** Units that may still be granted to a channel's calls (R11); negative when it is over a bound. */
export function roomOf(
  account: StrictAccount,
  served: ServedChannel,
  terms: ExposureTerms,
  totals: ExposureTotals,
): bigint {
  const bounds = boundsOf(terms, served, paidUnitsOf(account, served));
  const others = totals.ofOthers(served);
  const shared = least(bounds.holderUnits - others.holderUnits, bounds.totalUnits - others.totalUnits);
  return least(bounds.channelUnits, shared) - outstandingOf(account, served);
}

/** The same if nobody else owed anything. */
export function ownRoomOf(account: StrictAccount, served: ServedChannel, terms: ExposureTerms): bigint {
  return boundsOf(terms, served, paidUnitsOf(account, served)).channelUnits - outstandingOf(account, served);
}

/** What was signed, as far as it was used. */
export function paidUnitsOf(account: StrictAccount, { account: { committedUnits } }: ServedChannel): bigint {
  return least(signedUnitsOf(account), committedUnits);
}

/** Brings the totals up to what the channel owes now. */
export function recount(account: StrictAccount, served: ServedChannel, totals: ExposureTotals): void {
  const outstanding = outstandingOf(account, served);
  totals.note(served, outstanding > 0n ? outstanding : 0n);
}

function outstandingOf(account: StrictAccount, { account: { committedUnits } }: ServedChannel): bigint {
  return committedUnits + account.grantedUnits - signedUnitsOf(account);
}

function least(one: bigint, other: bigint): bigint {
  return one < other ? one : other;
}
