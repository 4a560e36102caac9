import {
  BaseError,
  createTurns,
  domainSeparatorOf,
  voucherDigest,
  zeroHash,
  type Address,
  type Channel,
  type Hex,
  type Policy,
  type ProtocolDomain,
  type SignedVoucher,
  type VoucherMemory,
} from '@kedge/core';
import { keccak256 } from '../keccak256.js';
import { createLostUnits } from './createLostUnits.js';

/** A strict channel, as its client knows it. */
export type StrictChannel = {
  readonly domain: ProtocolDomain;
  readonly channel: Channel;
  readonly channelId: Hex;
  readonly policy: Policy;
};

/** Who signs vouchers: the channel key, such as viem's `privateKeyToAccount` gives. */
export type ChannelKey = {
  readonly address: Address;
  readonly sign: (parameters: { readonly hash: Hex }) => Promise<Hex>;
};

/** A receipt that a voucher names: this one and all before it were received. */
export type Acknowledged = { readonly seq: bigint; readonly receiptHash: Hex };

/** One running call in a {@link VoucherAccount}. */
export type CallAccount = {
  /** What the call has come to so far, by the client's own count: its answer has begun, or is about to. */
  readonly count: (units: bigint) => void;
  /** It ended with a receipt that was found good. */
  readonly settle: (units: bigint, receipt: Acknowledged & { readonly previousReceiptHash: Hex }) => void;
  /** It was refused, or its answer was paid before: it costs nothing. */
  readonly cancel: () => void;
  /**
   * It ended without a receipt: what was received is paid, what it may have cost beyond that is noted. Where nothing of an answer
   * came, its input stays due until the operator says whether it was charged.
   */
  readonly lose: () => void;
};

/** `due`: what was received, and all inputs. */
export type VoucherPart = 'due' | 'received';

/** What was received over a channel, and what was signed for it: never more than the client counted itself (R11). */
export type VoucherAccount = {
  readonly begin: (call: { readonly inputUnits: bigint; readonly worstUnits: bigint }) => CallAccount;
  /**
   * A voucher over exactly what is due now, or over the part of it that was received. It acknowledges all receipts, unless `upTo` names
   * an earlier one.
   */
  readonly sign: (part?: VoucherPart, upTo?: Acknowledged) => Promise<SignedVoucher>;
  readonly signedUnits: () => bigint;
  readonly dueUnits: () => bigint;
  /** Without inputs of calls whose answers have not begun: those may come to nothing, and a voucher over them pays nothing then. */
  readonly receivedUnits: () => bigint;
  readonly settledUnits: () => bigint;
  readonly runningCount: () => number;
  /** How many calls are over, whatever came of them: after each the operator may serve more ahead, or what is signed fits better. */
  readonly endedCount: () => number;
  /** Resolves when another running call is over, whatever came of it. */
  readonly nextEnd: () => Promise<void>;
  /** The most that calls may come to which are running or whose end was not seen. */
  readonly unseenUnits: () => bigint;
  /**
   * Takes over what the operator has charged more (or less) than this client settled for calls whose end it did not see, up
   * to a receipt, where it names one; answers whether those may have cost as much.
   */
  readonly acceptLost: (units: bigint, upTo?: Acknowledged) => boolean;
  /** Whether it and all receipts before it are settled, or were taken over with lost calls. */
  readonly isCovered: (seq: bigint) => boolean;
  /** Whether a call was lost since the operator was asked last, or what may be claimed for one lapses when it is asked again. */
  readonly isUncertain: () => boolean;
  /** A client without memory, or with an older one: these units were settled in an earlier run. */
  readonly adopt: (units: bigint) => void;
  /** Takes over a voucher of an earlier run that this key signed. */
  readonly remember: (signed: SignedVoucher) => void;
  readonly memory: () => VoucherMemory;
};

export function createVoucherAccount(
  { domain, channel, channelId }: StrictChannel,
  key: ChannelKey,
  memory: VoucherMemory,
  now: () => number = Date.now,
): VoucherAccount {
  const separator = domainSeparatorOf(domain, keccak256);
  let { settledUnits, newest } = memory;
  const lost = createLostUnits({ units: memory.lostUnits, at: memory.lostAt }, now);
  // Lower than the newest after a call that was signed for and failed: an honest operator captures nothing ahead of its receipts.
  let latest = newest;
  let isUncertain = false;
  // Inputs of calls that were lost before anything of their answers came: they may have come to nothing.
  let uncertainUnits = 0n;
  let last: Acknowledged = { seq: newest?.voucher.seq ?? 0n, receiptHash: newest?.voucher.receiptHash ?? zeroHash };
  // Receipts that came before one in front of them, by the one in front. Parallel answers overtake each other.
  const early = new Map<Hex, Acknowledged>();
  const inTurn = createTurns();
  const running = new Map<symbol, { units: bigint; isBegun: boolean; readonly worstUnits: bigint }>();
  let endedCount = 0;
  let waiting: (() => void)[] = [];

  const dueUnits = (): bigint =>
    [...running.values()].reduce((sum, { units }) => sum + units, settledUnits + uncertainUnits);
  const receivedUnits = (): bigint =>
    [...running.values()].reduce((sum, { units, isBegun }) => (isBegun ? sum + units : sum), settledUnits);
  const unseenUnits = (): bigint => [...running.values()].reduce((sum, call) => sum + call.worstUnits, lost.units());
  const signedUnits = (): bigint => newest?.voucher.cumulativeUnits ?? 0n;

  const acknowledge = (): void => {
    for (let next = early.get(last.receiptHash); next !== undefined; next = early.get(last.receiptHash)) {
      early.delete(last.receiptHash);
      last = next;
    }
    for (const [previous, { seq }] of early) if (seq <= last.seq) early.delete(previous);
  };

  const signNow = async (part: VoucherPart, { seq, receiptHash }: Acknowledged): Promise<SignedVoucher> => {
    const cumulativeUnits = part === 'due' ? dueUnits() : receivedUnits();
    if (latest !== null && cumulativeUnits === latest.voucher.cumulativeUnits) return latest;
    const voucher = { channelId, cumulativeUnits, receiptHash, seq };
    const signature = await key.sign({ hash: voucherDigest(separator, voucher, keccak256) });
    latest = { voucher, signature };
    if (newest === null || cumulativeUnits > signedUnits()) newest = latest;
    return latest;
  };

  return {
    begin: ({ inputUnits, worstUnits }) => {
      const neededUnits = dueUnits() + inputUnits;
      if (neededUnits > channel.cap) {
        throw new BaseError('The channel has too little value left for this input.', {
          code: 'value_exhausted',
          status: 402,
          values: { cap: channel.cap, neededUnits },
          hints: ['Open another channel: kedge channel open <tokenId> --mode strict'],
        });
      }
      const id = Symbol(channelId);
      const call = { units: inputUnits, isBegun: false, worstUnits };
      running.set(id, call);
      const end = (then: () => void): void => {
        if (!running.delete(id)) return;
        endedCount++;
        then();
        const woken = waiting;
        waiting = [];
        for (const wake of woken) wake();
      };
      return {
        count: (units) => {
          call.isBegun = true;
          if (units > call.units) call.units = units;
        },
        settle: (units, receipt) =>
          end(() => {
            settledUnits += units;
            early.set(receipt.previousReceiptHash, receipt);
            acknowledge();
          }),
        cancel: () => end(() => undefined),
        lose: () =>
          end(() => {
            isUncertain = true;
            const receivedUnits = call.units > inputUnits ? call.units : 0n;
            settledUnits += receivedUnits;
            uncertainUnits += call.units - receivedUnits;
            if (call.worstUnits > receivedUnits) lost.add(call.worstUnits - receivedUnits);
          }),
      };
    },
    sign: (part = 'due', upTo) => {
      // One after another: vouchers only grow.
      return inTurn(() => signNow(part, upTo ?? last));
    },
    signedUnits,
    dueUnits,
    receivedUnits,
    settledUnits: () => settledUnits,
    runningCount: () => running.size,
    endedCount: () => endedCount,
    nextEnd: () => new Promise((resolve) => waiting.push(resolve)),
    unseenUnits,
    acceptLost: (units, upTo = last) => {
      if (!lost.claim(units)) return false;
      isUncertain = false;
      uncertainUnits = 0n;
      if (upTo.seq > last.seq) last = upTo;
      acknowledge();
      settledUnits += units;
      return true;
    },
    isCovered: (seq) => seq <= last.seq,
    isUncertain: () => isUncertain || lost.isOld(),
    adopt: (units) => {
      settledUnits = units;
    },
    remember: (signed) => {
      if (signed.voucher.cumulativeUnits <= signedUnits()) return;
      newest = signed;
      if (signed.voucher.seq > last.seq) last = { seq: signed.voucher.seq, receiptHash: signed.voucher.receiptHash };
    },
    memory: () => {
      // A call that runs is lost at the earliest now.
      const lostAt = running.size > 0 ? now() : lost.lastAt();
      return { settledUnits, lostUnits: unseenUnits(), ...(lostAt === undefined ? {} : { lostAt }), newest };
    },
  };
}
