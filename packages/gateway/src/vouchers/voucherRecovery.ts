import type { Hex } from '@kedge/core';
import { recordTypes } from '../ledger/recordTypes.js';
import { recoverHeld } from './heldVouchers.js';
import { decodeProgressRecord, type InterruptedCall } from './progressRecord.js';
import { createStrictAccount, type StrictAccount } from './strictAccount.js';
import { decodeVoucherRecord } from './voucherRecord.js';

/** Takes a record from the ledger, which says what the receipts of its channel come to by then. */
export type RecoverVoucher = (type: number, payload: Buffer, committedOf: (channelId: Hex) => bigint) => void;

/** Strict channels as records of a ledger make them. */
export type VoucherRecovery = {
  /** A voucher that is on disk already, or the progress of a stream, by the type of its record. */
  readonly recover: RecoverVoucher;
  /** A call has its receipt. */
  readonly settled: (salt: Hex) => void;
  readonly accountOf: (channelId: Hex) => StrictAccount;
  readonly accounts: ReadonlyMap<Hex, StrictAccount>;
  /** Streams that have a voucher and no receipt yet, as of their last voucher, by their salts. */
  readonly interrupted: Map<Hex, InterruptedCall>;
};

export function createVoucherRecovery(): VoucherRecovery {
  const accounts = new Map<Hex, StrictAccount>();
  const interrupted = new Map<Hex, InterruptedCall>();
  const accountOf = (channelId: Hex): StrictAccount => {
    let account = accounts.get(channelId);
    if (account === undefined) accounts.set(channelId, (account = createStrictAccount()));
    return account;
  };
  return {
    recover: (type, payload, committedOf) => {
      if (type === recordTypes.progress) {
        const input = decodeProgressRecord(payload);
        interrupted.set(input.salt, input);
        return;
      }
      const signed = decodeVoucherRecord(payload);
      const { channelId } = signed.voucher;
      const streams = [...interrupted.values()].filter((stream) => stream.channelId === channelId);
      const streamUnits = streams.reduce((sum, { units }) => sum + units, 0n);
      recoverHeld(accountOf(channelId), signed, committedOf(channelId), streamUnits);
    },
    settled: (salt) => void interrupted.delete(salt),
    accountOf,
    accounts,
    interrupted,
  };
}
