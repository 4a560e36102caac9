import type { SignedVoucher } from '@kedge/core';
import type { ServedChannel } from '../channels/servedChannel.js';
import type { CommitInput } from '../ledger/receiptBatcher.js';
import { boundsOf, type ExposureTerms, type ExposureTotals } from './exposure.js';

/** What the gateway knows of one strict channel beside its ledger account. */
export type StrictAccount = {
  /** Durable vouchers, the highest last; a few, because the highest may be ahead of the receipts, and the one to capture. */
  held: readonly SignedVoucher[];
  /** Those of them that came last, in that order: a lower one may come after one that is ahead. */
  recent: readonly SignedVoucher[];
  /** Units of running calls that the client may have been given. */
  grantedUnits: bigint;
  /** Units of running calls' inputs, which are paid before they reach the upstream. */
  inputUnits: bigint;
  /** Units of running calls that a voucher may be over by now: inputs, and what streams have handed over. */
  payableUnits: bigint;
  /** Outputs of finished calls, oldest first, whose receipts no voucher acknowledged yet: they may still be on their way. */
  unacknowledged: readonly { readonly seq: bigint; readonly units: bigint }[];
  readonly waiting: Set<() => void>;
  /** What running streams would be charged now; undefined: nothing. */
  readonly progress: Set<() => CommitInput | undefined>;
};

/** What a call asks for, and what of it the client may have signed for already. */
export type Wanted = { readonly wanted: bigint; readonly payable: bigint };

const nothing: Wanted = { wanted: 0n, payable: 0n };
const mostHeld = 16;
const mostUnacknowledged = 1_024;

export function createStrictAccount(): StrictAccount {
  return {
    held: [],
    recent: [],
    grantedUnits: 0n,
    inputUnits: 0n,
    payableUnits: 0n,
    unacknowledged: [],
    waiting: new Set(),
    progress: new Set(),
  };
}

export function signedUnitsOf(account: StrictAccount): bigint {
  return account.held.at(-1)?.voucher.cumulativeUnits ?? 0n;
}

/**
 * Adds a durable voucher. However many come that are ahead of the receipts, the one that pays for these stays.
 * @param committedUnits Of the channel's receipts.
 */
export function hold(account: StrictAccount, signed: SignedVoucher, committedUnits: bigint): void {
  if (isHeld(account, signed.voucher.cumulativeUnits)) return;
  const recent = [...account.recent, signed].slice(-mostHeld);
  const known = [...account.held, signed].toSorted((a, b) =>
    a.voucher.cumulativeUnits < b.voucher.cumulativeUnits ? -1 : 1,
  );
  const highest = known.at(-1);
  const paying = known.findLast(({ voucher }) => voucher.cumulativeUnits <= committedUnits);
  account.recent = recent;
  account.held = known.filter((each) => each === highest || each === paying || recent.includes(each));
  const seq = account.held.reduce((last, { voucher }) => (voucher.seq > last ? voucher.seq : last), 0n);
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

/**
 * What is paid of so many units: the most that was signed up to them. What is signed ahead of them is no payment yet, because
 * no honest operator captures it (L9).
 */
export function payingUnitsOf(account: StrictAccount, units: bigint): bigint {
  return account.held.findLast(({ voucher }) => voucher.cumulativeUnits <= units)?.voucher.cumulativeUnits ?? 0n;
}

/** Whether there is a voucher over exactly so much. */
export function isHeld(account: StrictAccount, units: bigint): boolean {
  return account.held.some(({ voucher }) => voucher.cumulativeUnits === units);
}

/**
 * Whether a voucher that is not held brings anything: more than all before, or something to capture where those are ahead.
 * @param askedUnits What it may be ahead itself, for the input of the call that it comes with.
 */
export function isNews(
  account: StrictAccount,
  { account: { committedUnits } }: ServedChannel,
  units: bigint,
  askedUnits: bigint,
): boolean {
  if (units > signedUnitsOf(account)) return true;
  const payable = committedUnits + account.payableUnits;
  return units <= payable + askedUnits && units > payingUnitsOf(account, payable);
}

/**
 * Units that a channel's calls may have beside what they were granted, of which `wanted` are asked for, `payable` of them to be
 * signed for at once (R11); negative when it is over a bound.
 */
export function roomOf(
  account: StrictAccount,
  served: ServedChannel,
  terms: ExposureTerms,
  totals: ExposureTotals,
  more: Wanted = nothing,
): bigint {
  return (
    mostUnpaidOf(served, terms, totals, paidUnitsOf(account, served)) -
    outstandingOf(account, served, more) +
    more.wanted
  );
}

/** The same once the channel paid all that it was charged, while no call of it runs. */
export function roomIfPaid(
  served: ServedChannel,
  terms: ExposureTerms,
  totals: ExposureTotals,
  { payable }: Wanted,
): bigint {
  return mostUnpaidOf(served, terms, totals, served.account.committedUnits) + payable;
}

/** The same if nobody else owed anything. */
export function ownRoomOf(account: StrictAccount, served: ServedChannel, terms: ExposureTerms, more: Wanted): bigint {
  const { channelUnits } = boundsOf(terms, served, paidUnitsOf(account, served));
  return channelUnits - outstandingOf(account, served, more) + more.wanted;
}

/** What was signed, as far as it can be captured. */
export function paidUnitsOf(account: StrictAccount, { account: { committedUnits } }: ServedChannel): bigint {
  return payingUnitsOf(account, committedUnits);
}

/** Brings the totals up to what the channel owes now. */
export function recount(account: StrictAccount, served: ServedChannel, totals: ExposureTotals): void {
  const outstanding = outstandingOf(account, served);
  totals.note(served, outstanding > 0n ? outstanding : 0n);
}

function outstandingOf(
  account: StrictAccount,
  { account: { committedUnits } }: ServedChannel,
  { wanted, payable }: Wanted = nothing,
): bigint {
  const paid = payingUnitsOf(account, committedUnits + account.payableUnits + payable);
  return committedUnits + account.grantedUnits + wanted - paid;
}

/** What a channel that paid so much may owe beside what others owe. */
function mostUnpaidOf(served: ServedChannel, terms: ExposureTerms, totals: ExposureTotals, paidUnits: bigint): bigint {
  const bounds = boundsOf(terms, served, paidUnits);
  const others = totals.ofOthers(served);
  const shared = least(bounds.holderUnits - others.holderUnits, bounds.totalUnits - others.totalUnits);
  return least(bounds.channelUnits, shared);
}

function least(one: bigint, other: bigint): bigint {
  return one < other ? one : other;
}
