import { BaseError, signedVoucherToJson, zeroHash, type SignedVoucher } from '@kedge/core';
import type { PayerContext } from './channelPayer.js';
import type { Place } from './placeOf.js';
import type { Acknowledged, VoucherAccount, VoucherPart } from './voucherAccount.js';

/** Hands vouchers to the gateway beside those that go with calls. */
export type VoucherSender = {
  /**
   * Signs what is due now, and what was received of it, and hands that in. Answers whether there was anything that the gateway had not.
   *
   * @throws BaseError `voucher_unsent`, or what the operator was caught with.
   */
  readonly handIn: (place: Place) => Promise<boolean>;
  /** The same, for a stream that waits for it, and would break off: tried again where it did not arrive. */
  readonly handInSurely: (place: Place) => Promise<void>;
  /** For vouchers that need not arrive now: the next call carries the newest in its header. */
  readonly handInLater: (place: Place) => void;
  /** The gateway was given this voucher, over what was due. */
  readonly noteHeld: (signed: SignedVoucher) => void;
};

/** How often a voucher that a stream waits for is handed in, and the pause between. The gateway waits for some seconds. */
const mostTries = 4;
const pauseMs = 200;

/** @param remember is called before a voucher leaves, which it does not where this throws */
export function createVoucherSender(
  account: VoucherAccount,
  remember: () => void,
  { ask, track, faults }: PayerContext,
): VoucherSender {
  let heldUnits: readonly bigint[] = [0n];
  let acknowledged: Acknowledged = { seq: 0n, receiptHash: zeroHash };
  const noteUnits = ({ voucher }: SignedVoucher): void => {
    heldUnits = [...heldUnits.slice(-1), voucher.cumulativeUnits];
  };
  const noteHeld = (signed: SignedVoucher): void => {
    noteUnits(signed);
    if (signed.voucher.seq > acknowledged.seq) acknowledged = signed.voucher;
  };
  const handIn = async (place: Place): Promise<boolean> => {
    const isNew = await handInPart('due', place);
    return (await handInPart('received', place)) || isNew;
  };
  const handInPart = async (part: VoucherPart, place: Place): Promise<boolean> => {
    faults.check();
    if (heldUnits.includes(part === 'due' ? account.dueUnits() : account.receivedUnits())) return false;
    // One that acknowledges receipts and leaves inputs of running calls out would have calls refused that are on their way: receipts
    // are acknowledged by those with all inputs first.
    const signed = await account.sign(part, part === 'due' ? undefined : acknowledged);
    remember();
    const response = await ask(place.vouchers, {
      ...place.way,
      method: 'POST',
      headers: { ...place.authorization, 'content-type': 'application/json' },
      body: JSON.stringify(signedVoucherToJson(signed)),
    });
    await response.body?.cancel();
    // 409: it holds as much already.
    if (response.ok || response.status === 409) {
      (part === 'due' ? noteHeld : noteUnits)(signed);
      return response.ok;
    }
    throw new BaseError('The gateway does not take the voucher.', {
      code: 'voucher_unsent',
      kind: 'transient',
      values: { status: response.status },
      hints: ['It goes with the next call. If that is refused, too, ask the operator.'],
    });
  };
  const handInSurely = async (place: Place): Promise<void> => {
    for (let tries = 1; ; tries++) {
      try {
        return void (await handIn(place));
      } catch (error) {
        faults.check();
        if (tries === mostTries) throw error;
        await new Promise((resolve) => setTimeout(resolve, pauseMs));
      }
    }
  };
  let wanted: Place | undefined;
  let isHanding = false;
  /** One after another: of what was signed for in the meantime, the newest voucher is enough. */
  const handInWanted = async (): Promise<void> => {
    isHanding = true;
    for (let place = wanted; place !== undefined; place = wanted) {
      wanted = undefined;
      // What does not arrive goes with the next one, or with the next call.
      await handIn(place).catch(() => false);
    }
    isHanding = false;
  };
  const handInLater = (place: Place): void => {
    wanted = place;
    if (!isHanding) void track(handInWanted());
  };
  return { handIn, handInSurely, handInLater, noteHeld };
}
