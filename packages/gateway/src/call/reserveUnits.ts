import { BaseError, formatUnits, type TopUpOffer } from '@kedge/core';
import { keyHasRoom } from '../keys/apiKeyAccess.js';
import { checkTimes } from './policyTimes.js';
import type { ServedChannel } from '../channels/servedChannel.js';

/** Units held for a running call. `release` gives them back; calling it again does nothing. */
export type Reservation = { readonly units: bigint; readonly release: () => void };

export type ReserveOptions = {
  /** Unix time in seconds, with fractions. */
  readonly nowSeconds: () => number;
  readonly contentionWaitMs: number;
  /** How a channel that lacks so many base units can be paid further; absent where nothing is paid. */
  readonly offer?: (served: ServedChannel, missingUnits: bigint) => TopUpOffer;
  readonly finality: { readonly seconds: number; readonly exposureUnits: string } | undefined;
};

/**
 * Holds a call's worst case against the channel, before the upstream is called. What is committed and held never exceeds
 * the cap, nor what the channel's rate lets the operator capture by now (R9). Value that only running calls hold is waited
 * for, first come first served, up to `contentionWaitMs`.
 * @throws BaseError 402 `value_exhausted`, `key_exhausted` or `channel_ended`; 403 `policy_refused`; 429 `rate_exceeded`, `window_exceeded` or
 * `contended`.
 */
export function reserveUnits(
  served: ServedChannel,
  units: bigint,
  options: ReserveOptions,
): Reservation | Promise<Reservation> {
  const { account } = served;
  const reservation = account.waiting.length === 0 ? tryReserve(served, units, options) : undefined;
  return reservation ?? reserveLater(served, units, options);
}

async function reserveLater(served: ServedChannel, units: bigint, options: ReserveOptions): Promise<Reservation> {
  const { account } = served;
  const until = options.nowSeconds() * 1000 + options.contentionWaitMs;
  for (;;) {
    await waitForRelease(account.waiting, until - options.nowSeconds() * 1000);
    const reservation = tryReserve(served, units, options);
    if (reservation !== undefined) return reservation;
    if (options.nowSeconds() * 1000 >= until) {
      throw new BaseError('Running calls hold the value that this call may need.', {
        code: 'contended',
        status: 429,
        kind: 'transient',
        values: { neededUnits: units, reservedUnits: account.reservedUnits, retryAfterSeconds: 1 },
        hints: ['Try again when they have ended, or lower max_tokens: each call reserves its worst case.'],
      });
    }
  }
}

function tryReserve(served: ServedChannel, units: bigint, options: ReserveOptions): Reservation | undefined {
  const { account, channel, policy, key } = served;
  const now = options.nowSeconds();
  if (BigInt(Math.floor(now)) > channel.deadline) {
    throw new BaseError("The channel's deadline has passed: nothing more is served from it.", {
      code: 'channel_ended',
      status: 402,
      values: { channelId: served.channelId, deadline: channel.deadline, offer: options.offer?.(served, units) },
      hints: ['Open a new channel with: kedge channel open'],
    });
  }
  checkTimes(policy, account, units, now);
  const committed = account.committedUnits + units;
  const limit = finalLimit(served, now, options.finality);
  if (committed > limit) {
    const left = limit - account.committedUnits;
    const { decimals, name } = policy.unit;
    throw new BaseError(
      `The channel has ${formatUnits(left, decimals)} ${name} left; this call may need ${formatUnits(units, decimals)}.`,
      {
        code: 'value_exhausted',
        status: 402,
        values: {
          channelId: served.channelId,
          remainingUnits: left,
          neededUnits: units,
          offer: options.offer?.(served, units - left),
        },
        hints: [
          'Buy value and open a channel: kedge buy, then kedge channel open.',
          'Or lower max_tokens: it bounds the worst case.',
        ],
      },
    );
  }
  const rated = rateLimit(served, now);
  if (committed > rated) {
    const missing = committed - rated;
    const seconds = (missing + channel.rate - 1n) / channel.rate;
    throw new BaseError("The channel's rate allows no more now.", {
      code: 'rate_exceeded',
      status: 429,
      kind: 'transient',
      values: { clause: 'rate', ratePerSecond: channel.rate, burst: channel.burst, retryAfterSeconds: Number(seconds) },
      hints: [`Try again in ${seconds} s, or open a channel with a higher rate.`],
    });
  }
  if (key !== undefined && !keyHasRoom(key, units, policy)) return undefined;
  if (committed + account.reservedUnits > (limit < rated ? limit : rated)) return undefined;
  account.reservedUnits += units;
  account.runningCalls++;
  if (key !== undefined) key.account.reservedUnits += units;
  let held = true;
  return {
    units,
    release: () => {
      if (!held) return;
      held = false;
      account.reservedUnits -= units;
      account.runningCalls--;
      if (key !== undefined) key.account.reservedUnits -= units;
      // Each that wakes tries for itself, in order; who finds nothing waits again.
      for (const wake of account.waiting.splice(0)) wake();
    },
  };
}

/** R29: before its opening is final, a channel is served from up to a bounded exposure. */
function finalLimit({ channel, openedAt }: ServedChannel, now: number, finality: ReserveOptions['finality']): bigint {
  if (finality === undefined || now - Number(openedAt) >= finality.seconds) return channel.cap;
  const exposure = BigInt(finality.exposureUnits);
  return exposure < channel.cap ? exposure : channel.cap;
}

function rateLimit({ channel, openedAt }: ServedChannel, now: number): bigint {
  // Only a strict channel's: each unit of it is signed for.
  if (channel.rate === 0n) return channel.cap;
  const elapsed = BigInt(Math.max(0, Math.floor(now) - Number(openedAt)));
  return channel.rate * elapsed + channel.burst;
}

function waitForRelease(waiting: (() => void)[], ms: number): Promise<void> {
  return new Promise((resolve) => {
    const wake = (): void => {
      clearTimeout(timer);
      resolve();
    };
    const timer = setTimeout(
      () => {
        const index = waiting.indexOf(wake);
        if (index >= 0) waiting.splice(index, 1);
        resolve();
      },
      Math.max(1, ms),
    );
    waiting.push(wake);
  });
}
