import type { SignedVoucher } from '@kedge/core';
import type { ServedChannel } from '../channels/servedChannel.js';
import type { StrictAccount } from './strictAccount.js';

// Which vouchers of a strict channel are kept, and what they pay for.

const mostHeld = 16;
/** Vouchers of which a ledger that is opened again knows most surely: the others make room for what is kept again. */
const newestHeld = 8;

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
  hold(account, signed, committedUnits, streamUnits);
}

function noteRecent(account: StrictAccount, signed: SignedVoucher): void {
  account.recent = [...without(account.recent, signed), signed].slice(-mostHeld);
}

/**
 * Adds a durable voucher. However many come that are ahead of the receipts, those that pay for what calls come to stay.
 * @param committedUnits Of the channel's receipts.
 */
export function hold(account: StrictAccount, signed: SignedVoucher, committedUnits: bigint, streamUnits = 0n): void {
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
