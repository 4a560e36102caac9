import type { SignedVoucher } from '@kedge/core';
import type { createChannelRates } from './channelRates.js';
import type { CallMeter } from './createCallMeter.js';
import type { VoucherSender } from './createVoucherSender.js';
import type { WaitingPlace } from './createWaitingLine.js';
import type { PaidPlace } from './placeOf.js';
import { problemIn } from './problemIn.js';
import type { VoucherAccount } from './voucherAccount.js';

type RefusalParts = {
  readonly account: VoucherAccount;
  readonly rates: Pick<ReturnType<typeof createChannelRates>, 'forget'>;
  readonly vouchers: Pick<VoucherSender, 'handIn'>;
  /** Takes over what the gateway holds of this client. */
  readonly resume: (place: PaidPlace) => Promise<void>;
};

/** One try of a call that the gateway refused. */
type RefusedTry = {
  readonly response: Response;
  readonly meter: CallMeter;
  /** What went with it. */
  readonly signed: SignedVoucher;
  /** How many calls had ended before it. */
  readonly endedBefore: number;
};

/** How often in a row the rates may change between asking for them and the call. */
const mostRecounts = 3;

/**
 * For the calls of one channel: does what can be done about a call's refusals, and says of each whether the call is to be sent
 * again then. Where it is not, the refusal is the caller's answer.
 */
export function createRefusals({
  account,
  rates,
  vouchers,
  resume,
}: RefusalParts): (place: PaidPlace, line: WaitingPlace) => (refused: RefusedTry) => Promise<boolean> {
  return (place, line) => {
    let recounts = 0;
    let isHandedIn = false;
    let isResumed = false;

    /** Once a call, and while no other one runs, whose units would pass for lost ones. */
    const resumeOnce = async (): Promise<boolean> => {
      if (isResumed || account.runningCount() > 0) return false;
      await resume(place);
      isResumed = true;
      return true;
    };

    const isRecounted = (): boolean => {
      rates.forget();
      return ++recounts <= mostRecounts;
    };

    const hasRoom = async ({ endedBefore }: RefusedTry): Promise<boolean> => {
      // Once, what was received may make room at once; from then on it is handed in as it comes, and calls go one by one.
      const isPaidSince = !isHandedIn && (await vouchers.handIn(place).catch(() => false));
      isHandedIn = true;
      // One of those that ended is this one.
      if (isPaidSince || (await line.mayRetry(endedBefore + 1))) return true;
      // What was signed for a lost call that the operator never had is ahead of what is due, and pays for nothing.
      return account.isUncertain() && (await resumeOnce());
    };

    /** The operator has charged for a call whose answer was lost: paid once there is a receipt for it, and asked again. */
    const isMoreDue = async ({ signed, meter }: RefusedTry): Promise<boolean> =>
      (await resumeOnce()) && account.dueUnits() + meter.inputUnits > signed.voucher.cumulativeUnits;

    return async (refused) => {
      const { status } = refused.response;
      if (status === 402) return isMoreDue(refused);
      const { code } = await problemIn(refused.response);
      if (status === 409 && code === 'rates_changed') return isRecounted();
      // Calls that run, or whose answers are not paid yet, take up what the operator serves ahead of payment.
      const isOfExposure = code === 'exposure_reached' || code === 'exposure_exceeded';
      return (status === 403 || status === 429) && isOfExposure && hasRoom(refused);
    };
  };
}
