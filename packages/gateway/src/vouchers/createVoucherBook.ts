import { BaseError, domainSeparatorOf, type Hex, type ProtocolDomain, type SignedVoucher } from '@kedge/core';
import type { Call } from '../call/call.js';
import type { ServedChannel } from '../channels/servedChannel.js';
import { keccak256 } from '../crypto/hashers.js';
import { checkVoucher } from './checkVoucher.js';
import { boundsOf, createExposureTotals, type ExposureTerms } from './exposure.js';
import { openStrictCall } from './openStrictCall.js';
import { isHeld, isNews, hold, lineUp, payingOf, signedUnitsOf } from './heldVouchers.js';
import { paidUnitsOf, recount, roomOf } from './strictRoom.js';
import type { CommitInput } from '../ledger/receiptBatcher.js';
import type { InterruptedCall } from './progressRecord.js';
import { createVoucherRecovery, type VoucherRecovery } from './voucherRecovery.js';

/** What a client is told of its strict channel. */
export type VoucherState = {
  /** The newest voucher; null before the first. */
  readonly newest: SignedVoucher | null;
  /** Units of all receipts, and the last one's number (0 before the first). */
  readonly committedUnits: bigint;
  readonly lastSeq: bigint;
  /** What is served ahead of payment now, and how much of it is free. */
  readonly exposureUnits: bigint;
  readonly roomUnits: bigint;
};

/** The vouchers of strict channels: kept on disk before they extend what is served ahead of payment (R11). */
export type VoucherBook = {
  readonly recover: VoucherRecovery['recover'];
  /** A strict channel is served from now on: what it owes from earlier counts (R11). */
  readonly count: (served: ServedChannel) => void;
  /** A channel was closed: what it owes is lost, and counts no more. */
  readonly end: (channelId: Hex) => void;
  /** What all channels owe, in base units: delivered, and not paid. */
  readonly owedUnits: () => bigint;
  readonly settled: VoucherRecovery['settled'];
  /** Streams that an earlier run was killed in, as of their last voucher; told once. */
  readonly interrupted: () => readonly InterruptedCall[];
  /**
   * Takes a voucher; resolves when it is on disk, with whether it was over more than what is held, or can be captured sooner.
   * @param askedUnits What the call may cost that it came with, if any.
   * @throws BaseError 403 `voucher_refused`; 503 `log_unavailable`.
   */
  readonly take: (served: ServedChannel, signed: SignedVoucher, askedUnits?: bigint) => Promise<boolean>;
  /**
   * Begins a reserved call of a strict channel; it ends when its reservation does.
   * @throws BaseError 402 `voucher_needed`, 403 `exposure_exceeded`, 429 `exposure_reached`. The reservation is released then.
   */
  readonly begin: (call: Call) => Call;
  /** The newest voucher that the channel's durable receipts account for. */
  readonly capturable: (channelId: Hex, durableUnits: bigint) => SignedVoucher | undefined;
  /** Durable vouchers, the newest last: a few, because the newest may be ahead of the receipts. */
  readonly held: (channelId: Hex) => readonly SignedVoucher[];
  /** What is signed, whether or not receipts account for it yet. */
  readonly signedUnits: (channelId: Hex) => bigint;
  readonly stateOf: (served: ServedChannel) => VoucherState;
};

export function createVoucherBook(options: {
  readonly domain: ProtocolDomain;
  /** Vouchers, the new one last. Durable when it resolves. */
  readonly keep: (signed: readonly SignedVoucher[], progress: readonly CommitInput[]) => Promise<void>;
  readonly terms: ExposureTerms;
  readonly voucherWaitMs: number;
  /** Unix time in seconds, with fractions. */
  readonly nowSeconds: () => number;
  /** A newer voucher is on disk: there may be more to capture. */
  readonly onTaken: () => void;
}): VoucherBook {
  const { terms, voucherWaitMs } = options;
  const separator = domainSeparatorOf(options.domain, keccak256);
  const { recover, settled, accountOf, interrupted } = createVoucherRecovery();
  const totals = createExposureTotals(options.nowSeconds);
  return {
    recover,
    take: async (served, signed, askedUnits = 0n) => {
      requireStrict(served);
      checkVoucher(signed, served, separator);
      const account = accountOf(served.channelId);
      const { cumulativeUnits } = signed.voucher;
      if (isHeld(account, cumulativeUnits)) return false;
      // It may be over all that running streams have handed over by now.
      const progress = [...account.progress].flatMap((charge) => charge() ?? []);
      if (!isNews(account, served, cumulativeUnits, askedUnits)) return false;
      // What those came to is in the same flush: after a kill they are charged for what was paid, by receipt.
      await options.keep([...lineUp(account, served, signed), signed], progress);
      hold(account, signed, served.account.committedUnits);
      recount(account, served, totals);
      for (const wake of account.waiting) wake();
      options.onTaken();
      return true;
    },
    begin: (call) => {
      const { served, surface, request, reservation } = call;
      try {
        const wanted = { surface, quote: request.quote, isStream: request.isStream };
        const strict = openStrictCall(accountOf(served.channelId), served, wanted, { terms, totals, voucherWaitMs });
        const release = (): void => {
          reservation.release();
          strict.end();
        };
        return { ...call, strict, reservation: { units: reservation.units, release } };
      } catch (error) {
        reservation.release();
        throw error;
      }
    },
    count: (served) => recount(accountOf(served.channelId), served, totals),
    end: totals.end,
    owedUnits: totals.ofAll,
    settled,
    interrupted: () => {
      const inputs = [...interrupted.values()];
      interrupted.clear();
      return inputs;
    },
    capturable: (channelId, durableUnits) => payingOf(accountOf(channelId), durableUnits),
    held: (channelId) => accountOf(channelId).held,
    signedUnits: (channelId) => signedUnitsOf(accountOf(channelId)),
    stateOf: (served) => {
      requireStrict(served);
      const account = accountOf(served.channelId);
      const { committedUnits, lastSeq } = served.account;
      return {
        newest: account.held.at(-1) ?? null,
        committedUnits,
        lastSeq,
        exposureUnits: boundsOf(terms, served, paidUnitsOf(account, served)).channelUnits,
        roomUnits: roomOf(account, served, terms, totals),
      };
    },
  };
}

function requireStrict({ channel, channelId }: ServedChannel): void {
  if (channel.mode === 'strict') return;
  throw new BaseError('The channel of this key is capped: its operator holds the channel key, and takes no vouchers.', {
    code: 'voucher_refused',
    status: 403,
    values: { clause: 'R12', channelId },
    hints: ['Use the key without vouchers, or open a strict channel: kedge channel open <tokenId> --mode strict'],
  });
}
