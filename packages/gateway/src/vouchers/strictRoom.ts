import type { ServedChannel } from '../channels/servedChannel.js';
import { boundsOf, type ExposureTerms, type ExposureTotals } from './exposure.js';
import { payingUnitsOf } from './heldVouchers.js';
import type { CallUnits, StrictAccount } from './strictAccount.js';

// What a strict channel owes, and how much more it may be given (R11).

/** What a call asks for, and what of it the client may have signed for already. */
export type Wanted = {
  readonly wanted: bigint;
  readonly payable: bigint;
  /** It does not run yet. */
  readonly isNew?: boolean;
};

const nothing: Wanted = { wanted: 0n, payable: 0n };
const mostUnacknowledged = 1_024;

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

/**
 * What may have been given and not paid. Vouchers are over sums: where a call comes to nothing, those that were signed after its
 * input are ahead of the receipts. So what counts is what is not paid if all running calls are charged, or if only those are that
 * have begun, whichever is more. For a new call beside some that have not begun, no input counts as paid: of which of them come to
 * nothing depends which vouchers can be captured.
 */
export function outstandingOf(
  account: StrictAccount,
  { account: { committedUnits } }: ServedChannel,
  { wanted, payable, isNew = false }: Wanted = nothing,
): bigint {
  const { running, begun } = account;
  const unpaid = ({ granted }: CallUnits, chargedUnits: bigint): bigint =>
    committedUnits + granted + wanted - payingUnitsOf(account, committedUnits + chargedUnits);
  if (isNew && running.payable > begun.payable) return unpaid(running, begun.payable);
  const [ofAll, ofBegun] = [unpaid(running, running.payable + payable), unpaid(begun, begun.payable + payable)];
  return ofAll > ofBegun ? ofAll : ofBegun;
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
