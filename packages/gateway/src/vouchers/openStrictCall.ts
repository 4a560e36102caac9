import { BaseError, billedMetrics, unitsOf } from '@kedge/core';
import type { ServedChannel } from '../channels/servedChannel.js';
import type { CommitInput } from '../ledger/receiptBatcher.js';
import type { ExposureTerms, ExposureTotals } from './exposure.js';
import type { Quote, Surface } from '../surfaces/surface.js';
import { signedUnitsOf } from './heldVouchers.js';
import type { CallUnits, StrictAccount } from './strictAccount.js';
import {
  neededUnitsOf,
  noteOutput,
  outstandingOf,
  ownRoomOf,
  paidUnitsOf,
  recount,
  roomIfPaid,
  roomOf,
  type Wanted,
} from './strictRoom.js';

/** A running call of a strict channel: how much of its answer may be handed over before the next voucher. */
export type StrictCall = {
  /** Output tokens that the client may have by now. */
  readonly tokenLimit: () => number;
  /** Asks for as many, where the client has `delivered` of them, and takes note of it when the exposure allows it. */
  readonly extend: (tokens: number, delivered: number) => boolean;
  /** Calls back once: with true when vouchers made room, with false when none did in time. */
  readonly wait: (tokens: number, delivered: number, callback: (isPaid: boolean) => void) => void;
  /** What the call comes to with so many output tokens, in base units. */
  readonly unitsAt: (outputTokens: number) => bigint;
  /**
   * A stream says what it has come to; nothing while it would not be charged. What it would be is kept with each voucher, in case
   * the gateway is killed: from then on its end must be charged.
   */
  readonly watch: (progress: () => StreamProgress | undefined) => void;
  /** The call was charged in this turn: the channel's last receipt is its own. */
  readonly charged: (units: bigint) => void;
  readonly end: () => void;
};

/** What a stream would be charged now, and how many output tokens its client may have. */
export type StreamProgress = { readonly input: CommitInput; readonly outputTokens: number };

// By so many may a text have fewer tokens than its beginning, for which the client signed while the rest was on its way.
const mergedTokens = 4;
// How often a stream waits again that is signed for, while other calls take the room.
const mostWaits = 8;

/**
 * Begins a call: its input must be paid, and what it hands over before the next voucher must fit the exposure.
 * @throws BaseError 402 `voucher_needed`, 403 `exposure_exceeded`, 429 `exposure_reached`; all cite R11.
 */
export function openStrictCall(
  account: StrictAccount,
  served: ServedChannel,
  call: { readonly surface: Surface; readonly quote: Quote; readonly isStream: boolean },
  context: { readonly terms: ExposureTerms; readonly totals: ExposureTotals; readonly voucherWaitMs: number },
): StrictCall {
  const { surface, quote, isStream } = call;
  const { terms, totals } = context;
  // Where images are the product, they are paid as they come, like output.
  const input = isOfImages(surface) ? { ...quote.known, images: 0 } : quote.known;
  const unitsAt = (outputTokens: number): bigint => {
    const measured = { counts: { ...input, outputTokens }, usage: undefined };
    return unitsOf(served.policy, billedMetrics(served.policy, surface.pricedBy, measured, outputTokens));
  };
  const inputUnits = unitsAt(0);
  const rate = BigInt(served.policy.rates.output_tokens ?? 0);
  requireInput(account, served, inputUnits);
  let granted = isStream ? inputUnits : quote.worstUnits;
  let payable = inputUnits;
  let least = inputUnits;
  const asked = { wanted: granted, payable, isNew: true };
  const room = roomOf(account, served, terms, totals, asked);
  if (granted > room) {
    if (account.running.granted > 0n) throw reached(served, room, granted);
    if (granted <= roomIfPaid(served, terms, totals, asked)) throw unpaid(account, served, room, asked);
    const isOthers = granted <= ownRoomOf(account, served, terms, asked);
    throw exceeded(served, room, granted, isOthers ? othersHint : hintOf(surface, isStream));
  }
  let isOver = false;
  let isBegun = false;
  let progress: (() => CommitInput | undefined) | undefined;
  let stopWaiting: (() => void) | undefined;
  const add = (sums: CallUnits, by: CallUnits): void => {
    sums.granted += by.granted;
    sums.payable += by.payable;
    sums.least += by.least;
  };
  const change = (by: CallUnits): void => {
    add(account.running, by);
    if (isBegun) add(account.begun, by);
  };
  const setBegun = (now: boolean): void => {
    if (now === isBegun) return;
    isBegun = now;
    add(account.begun, now ? { granted, payable, least } : { granted: -granted, payable: -payable, least: -least });
  };
  account.inputUnits += inputUnits;
  change({ granted, payable, least });
  recount(account, served, totals);

  const grant = (units: bigint): void => {
    change({ granted: units - granted, payable: 0n, least: 0n });
    granted = units;
    recount(account, served, totals);
  };
  /** Not what is granted: who would sign for that and leave would have paid with what nobody can capture. */
  const deliver = (tokens: number): void => {
    const most = unitsAt(tokens + mergedTokens);
    const units = most < granted ? most : granted;
    const surely = unitsAt(Math.max(0, tokens - mergedTokens));
    const more = { payable: units > payable ? units - payable : 0n, least: surely > least ? surely - least : 0n };
    change({ granted: 0n, ...more });
    payable += more.payable;
    least += more.least;
  };
  const extend = (tokens: number, delivered: number): boolean => {
    deliver(delivered);
    const wasBegun = isBegun;
    setBegun(true);
    const units = unitsAt(tokens);
    const left = roomOf(account, served, terms, totals, { wanted: units - granted, payable: 0n }) + granted;
    // The exposure starts at one chunk: where all before is paid, the next one goes out whatever its size.
    const before = { wanted: unitsAt(delivered) - granted, payable: 0n };
    if (units > left && outstandingOf(account, served, before) > 0n) {
      setBegun(wasBegun);
      return false;
    }
    // A quarter of what is left ahead, so that parallel streams do not starve one another.
    const ahead = left > units ? (left - units) / 4n : 0n;
    grant(units + ahead);
    return true;
  };

  // A voucher that was over this call's input, too, pays from now on.
  for (const wake of account.waiting) wake();
  return {
    tokenLimit: () => (rate === 0n ? Infinity : Number((granted - inputUnits) / rate)),
    extend,
    wait: (tokens, delivered, callback) => {
      const settle = (isPaid: boolean): void => {
        stopWaiting?.();
        callback(isPaid);
      };
      const tryAgain = (): void => {
        if (extend(tokens, delivered)) settle(true);
      };
      // Its client signed for all that it was given: others take the room, and they end.
      const isOthers = (): boolean =>
        account.running.granted > granted &&
        signedUnitsOf(account) >= neededUnitsOf(account, served, unitsAt(delivered) - inputUnits);
      const giveUp = (waits: number): void => {
        if (waits < mostWaits && isOthers()) startTimer(waits + 1);
        else settle(false);
      };
      let timer: ReturnType<typeof setTimeout>;
      const startTimer = (waits: number): void => {
        timer = setTimeout(giveUp, context.voucherWaitMs, waits);
      };
      startTimer(1);
      account.waiting.add(tryAgain);
      stopWaiting = () => {
        clearTimeout(timer);
        account.waiting.delete(tryAgain);
        stopWaiting = undefined;
      };
    },
    unitsAt,
    watch: (source) => {
      progress = () => {
        const now = source();
        if (now === undefined) return undefined;
        setBegun(true);
        deliver(now.outputTokens);
        return now.input;
      };
      account.progress.add(progress);
    },
    charged: (units) => noteOutput(account, served.account.lastSeq, units - inputUnits),
    end: () => {
      if (isOver) return;
      isOver = true;
      stopWaiting?.();
      if (progress !== undefined) account.progress.delete(progress);
      account.inputUnits -= inputUnits;
      change({ granted: -granted, payable: -payable, least: -least });
      recount(account, served, totals);
      for (const wake of account.waiting) wake();
    },
  };
}

function requireInput(account: StrictAccount, served: ServedChannel, inputUnits: bigint): void {
  const { committedUnits } = served.account;
  const neededUnits = neededUnitsOf(account, served, inputUnits);
  const signedUnits = signedUnitsOf(account);
  if (signedUnits >= neededUnits) return;
  throw new BaseError('A voucher for what was received and for this input precedes the call.', {
    code: 'voucher_needed',
    status: 402,
    values: { clause: 'R11', channelId: served.channelId, neededUnits, signedUnits, committedUnits },
    hints: [
      `Sign a voucher over ${neededUnits} base units, after you checked that you received that much.`,
      'kedgeFetch of @kedge/sdk and kedge connect do it for you.',
    ],
  });
}

function reached({ channelId }: ServedChannel, room: bigint, units: bigint): BaseError {
  return new BaseError('Running calls take up what is served ahead of payment.', {
    code: 'exposure_reached',
    status: 429,
    kind: 'transient',
    values: { clause: 'R11', channelId, roomUnits: room, neededUnits: units, retryAfterSeconds: 1 },
    hints: ['Try again when they have ended and are paid.'],
  });
}

/** What it owes itself takes it all: once that is paid, the same call is served. */
function unpaid(account: StrictAccount, served: ServedChannel, room: bigint, call: Wanted): BaseError {
  const { committedUnits } = served.account;
  const paidUnits = paidUnitsOf(account, served);
  return new BaseError(
    `What this channel did not pay takes up what is served ahead of payment: ${paidUnits} of ${committedUnits} base units are paid.`,
    {
      code: 'exposure_reached',
      status: 429,
      kind: 'transient',
      values: {
        clause: 'R11',
        channelId: served.channelId,
        roomUnits: room,
        neededUnits: call.wanted,
        committedUnits,
        paidUnits,
        retryAfterSeconds: 1,
      },
      hints: [
        `Send the call with a voucher over exactly ${committedUnits + call.payable} base units, for what was received and its input, after you checked that you received that much.`,
      ],
    },
  );
}

const othersHint =
  'Other channels owe what is served ahead of payment: try again when they have paid, or ask the operator to raise strict.holderUnits or strict.totalUnits.';

function isOfImages({ pricedBy }: Surface): boolean {
  return pricedBy.includes('images');
}

function hintOf(surface: Surface, isStream: boolean): string {
  if (isOfImages(surface)) return 'Ask for fewer images at a time.';
  return isStream
    ? 'Pay what is owed, or shorten the input.'
    : 'Lower max_tokens, or ask for a stream: it is paid chunk by chunk.';
}

function exceeded({ channelId }: ServedChannel, room: bigint, units: bigint, hint: string): BaseError {
  return new BaseError(
    `This call may owe ${units} base units before it is paid; ${room} are served ahead of payment.`,
    {
      code: 'exposure_exceeded',
      status: 403,
      values: { clause: 'R11', channelId, roomUnits: room, neededUnits: units },
      hints: [hint],
    },
  );
}
