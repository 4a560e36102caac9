import type { SignedVoucher } from '@kedge/core';
import type { ServedChannel } from '../channels/servedChannel.js';
import type { CommitInput } from '../ledger/receiptBatcher.js';
import { boundsOf, type ExposureTerms, type ExposureTotals } from './exposure.js';

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

/** What a call asks for, and what of it the client may have signed for already. */
export type Wanted = {
  readonly wanted: bigint;
  readonly payable: bigint;
  /** It does not run yet. */
  readonly isNew?: boolean;
};

const nothing: Wanted = { wanted: 0n, payable: 0n };
const mostHeld = 16;
/** Vouchers of which a ledger that is opened again knows most surely: the others make room for what is kept again. */
const newestHeld = 8;
const mostUnacknowledged = 1_024;

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

export function signedUnitsOf(account: StrictAccount): bigint {
  return account.held.at(-1)?.voucher.cumulativeUnits ?? 0n;
}

/**
 * Lines up a voucher that is about to be kept, and answers which are to be kept again before it: a ledger that is opened again
 * knows the newest, the highest and what pays for its receipts, but not what running calls will come to.
 */
export function lineUp(
  account: StrictAccount,
  { account: { committedUnits, durable } }: Pick<ServedChannel, 'account'>,
  signed: SignedVoucher,
): readonly SignedVoucher[] {
  const known = [
    account.held.at(-1),
    payingOf(account, durable?.units ?? 0n),
    ...account.recent.slice(-newestHeld),
    signed,
  ];
  const again = neededOf(account, committedUnits).filter((each) => !known.includes(each));
  for (const each of [...again, signed]) noteRecent(account, each);
  return again;
}

/** Adds a durable voucher. However many come that are ahead of the receipts, those that pay for what calls come to stay. */
export function hold(
  account: StrictAccount,
  signed: SignedVoucher,
  { account: { committedUnits } }: Pick<ServedChannel, 'account'>,
): void {
  holdFor(account, signed, committedUnits);
}

/**
 * Adds one from the ledger.
 * @param committedUnits Of the channel's receipts.
 * @param streamUnits Of streams that an earlier run was killed in, which will be charged.
 */
export function recoverHeld(
  account: StrictAccount,
  signed: SignedVoucher,
  committedUnits: bigint,
  streamUnits: bigint,
): void {
  noteRecent(account, signed);
  if (isHeld(account, signed.voucher.cumulativeUnits)) return;
  holdFor(account, signed, committedUnits, streamUnits);
}

function noteRecent(account: StrictAccount, signed: SignedVoucher): void {
  account.recent = [...without(account.recent, signed), signed].slice(-mostHeld);
}

function holdFor(account: StrictAccount, signed: SignedVoucher, committedUnits: bigint, streamUnits = 0n): void {
  account.held = [...without(account.held, signed), signed].toSorted((a, b) =>
    a.voucher.cumulativeUnits < b.voucher.cumulativeUnits ? -1 : 1,
  );
  const ofStreams = payingOf(account, committedUnits + streamUnits);
  const kept = [account.held.at(-1), ofStreams, ...neededOf(account, committedUnits), ...account.recent];
  const units = new Set(kept.map((each) => each?.voucher.cumulativeUnits));
  account.held = account.held.filter(({ voucher }) => units.has(voucher.cumulativeUnits));
  const seq = account.held.reduce((last, { voucher }) => (voucher.seq > last ? voucher.seq : last), 0n);
  account.unacknowledged = account.unacknowledged.filter((output) => output.seq > seq);
}

function without(vouchers: readonly SignedVoucher[], { voucher }: SignedVoucher): readonly SignedVoucher[] {
  return vouchers.filter((each) => each.voucher.cumulativeUnits !== voucher.cumulativeUnits);
}

/**
 * The vouchers that pay for what the receipts may come to: if calls come to nothing whose answers have not begun, and if they do not.
 * Where the highest is over more than was delivered, also the lowest, which pays if nothing more is.
 */
function neededOf(account: StrictAccount, committedUnits: bigint): readonly SignedVoucher[] {
  const { running, begun } = account;
  const found = [begun, running].flatMap(({ least, payable }) => {
    const [lowest, highest] = [committedUnits + least, committedUnits + payable];
    const first = account.held.find(({ voucher: { cumulativeUnits: units } }) => units >= lowest && units <= highest);
    return [payingOf(account, lowest), first, payingOf(account, highest)];
  });
  return [...new Set([payingOf(account, committedUnits), ...found])].filter((each) => each !== undefined);
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

/** The highest voucher up to so much. Up to what receipts on disk account for, it is what an honest operator captures (L9). */
export function payingOf(account: StrictAccount, units: bigint): SignedVoucher | undefined {
  return account.held.findLast(({ voucher }) => voucher.cumulativeUnits <= units);
}

/**
 * What is paid of so many units: the most that was signed up to them. What is signed ahead of them is no payment yet, because
 * no honest operator captures it (L9).
 */
export function payingUnitsOf(account: StrictAccount, units: bigint): bigint {
  return payingOf(account, units)?.voucher.cumulativeUnits ?? 0n;
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
  const { running, begun } = account;
  return [running, begun].some(({ payable }) => {
    const most = committedUnits + payable;
    return units <= most + askedUnits && units > payingUnitsOf(account, most);
  });
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
