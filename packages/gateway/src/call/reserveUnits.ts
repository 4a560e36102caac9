import { BaseError, type Channel, formatUnits, type TopUpOffer } from '@kedge/core';
import { keyHasRoom } from '../keys/apiKeyAccess.js';
import { exposureWhileNew, type OpeningFinality } from './openingFinality.js';
import { checkTimes } from './policyTimes.js';
import type { ServedChannel } from '../channels/servedChannel.js';
import type { WaitingCall } from '../ledger/channelAccount.js';

/** Units held for a running call. `release` gives them back; calling it again does nothing. */
export type Reservation = { readonly units: bigint; readonly release: () => void };

export type ReserveOptions = {
  /** Unix time in seconds, with fractions. */
  readonly nowSeconds: () => number;
  readonly contentionWaitMs: number;
  /** How a channel that lacks so many base units can be paid further; absent where nothing is paid. */
  readonly offer?: (served: ServedChannel, missingUnits: bigint) => TopUpOffer;
  readonly finality: OpeningFinality;
};

/**
 * Holds a call's worst case against the channel, before the upstream is called. What is committed and held never exceeds
 * the cap, nor what the channel's rate lets the operator capture by now (R9). Value that only running calls hold is waited
 * for, first come first served for each limit, up to `contentionWaitMs`.
 * @throws BaseError 402 `value_exhausted`, `key_exhausted` or `channel_ended`; 403 `policy_refused`; 429 `opening_not_final`,
 * `rate_exceeded`, `window_exceeded` or `contended`.
 */
export function reserveUnits(
  served: ServedChannel,
  units: bigint,
  options: ReserveOptions,
): Reservation | Promise<Reservation> {
  const { account, key } = served;
  const ahead = account.waiting.find(({ limit }) => limit === 'channel' || limit === key?.account);
  const found = ahead === undefined ? tryReserve(served, units, options) : ahead.limit;
  return isReservation(found) ? found : reserveLater(served, units, options, found);
}

function reserveLater(
  served: ServedChannel,
  units: bigint,
  options: ReserveOptions,
  limit: Limit,
): Promise<Reservation> {
  const { account } = served;
  return new Promise((resolve, reject) => {
    const call: WaitingCall = {
      limit,
      attempt: () => {
        try {
          const found = tryReserve(served, units, options);
          if (!isReservation(found)) return found;
          resolve(found);
        } catch (error) {
          reject(error);
        }
        clearTimeout(timer);
        return undefined;
      },
    };
    const giveUp = (): void => {
      // Time may have brought what it lacks: the rate grows with it.
      const against = call.attempt();
      account.waiting.splice(account.waiting.indexOf(call), 1);
      if (against !== undefined) reject(contended(served, units, against, options));
      // It may have held up those behind it.
      serveWaiting(account.waiting);
    };
    const timer = setTimeout(giveUp, Math.max(1, options.contentionWaitMs));
    account.waiting.push(call);
  });
}

/** In the order in which they came, but for each limit alone: who waits for one key holds up no other key of the channel. */
function serveWaiting(waiting: WaitingCall[]): void {
  const blocked = new Set<Limit>();
  for (const call of waiting.slice()) {
    if (blocked.has('channel')) return;
    if (blocked.has(call.limit)) continue;
    const limit = call.attempt();
    if (limit === undefined) waiting.splice(waiting.indexOf(call), 1);
    else blocked.add((call.limit = limit));
  }
}

type Limit = WaitingCall['limit'];

function isReservation(found: Reservation | Limit): found is Reservation {
  return typeof found === 'object' && 'release' in found;
}

/** What stands against it, where running calls alone do. */
function tryReserve(
  served: ServedChannel,
  units: bigint,
  { nowSeconds, offer, finality }: ReserveOptions,
): Reservation | Limit {
  const { account, channel, policy, key } = served;
  const now = nowSeconds();
  if (BigInt(Math.floor(now)) > channel.deadline) throw channelEnded(served, offer?.(served, units));
  checkTimes(policy, account, units, now);
  const committed = account.committedUnits + units;
  if (committed > channel.cap) throw valueExhausted(served, units, offer?.(served, committed - channel.cap));
  const fresh = exposureWhileNew(served, units, now, finality);
  if (fresh !== undefined && committed > fresh.limit) throw openingNotFinal(account.committedUnits, units, fresh);
  const rated = rateLimit(served, now);
  if (committed > rated) throw rateExceeded(channel, committed - rated);
  const ownLimit = key === undefined || keyHasRoom(key, units, policy) ? undefined : key.account;
  if (committed + account.reservedUnits > least(channel.cap, rated, fresh?.limit ?? channel.cap)) return 'channel';
  if (ownLimit !== undefined) return ownLimit;
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
      serveWaiting(account.waiting);
    },
  };
}

function rateLimit({ channel, openedAt }: ServedChannel, now: number): bigint {
  // Only a strict channel's: each unit of it is signed for.
  if (channel.rate === 0n) return channel.cap;
  const elapsed = BigInt(Math.max(0, Math.floor(now) - Number(openedAt)));
  return channel.rate * elapsed + channel.burst;
}

function least(...values: readonly bigint[]): bigint {
  return values.reduce((min, value) => (value < min ? value : min));
}

function channelEnded({ channelId, channel: { deadline } }: ServedChannel, offer: TopUpOffer | undefined): BaseError {
  return new BaseError("The channel's deadline has passed: nothing more is served from it.", {
    code: 'channel_ended',
    status: 402,
    values: { channelId, deadline, offer },
    hints: ['Open a new channel with: kedge channel open <tokenId>'],
  });
}

function valueExhausted(
  { channelId, channel, account, policy }: ServedChannel,
  neededUnits: bigint,
  offer: TopUpOffer | undefined,
): BaseError {
  const remainingUnits = channel.cap - account.committedUnits;
  const { decimals, name } = policy.unit;
  const [left, needed] = [formatUnits(remainingUnits, decimals), formatUnits(neededUnits, decimals)];
  return new BaseError(`The channel has ${left} ${name} left; this call may need ${needed}.`, {
    code: 'value_exhausted',
    status: 402,
    values: { channelId, remainingUnits, neededUnits, offer },
    hints: [
      'Buy value and open a channel: kedge buy, then kedge channel open.',
      'Or lower max_tokens: it bounds the worst case.',
    ],
  });
}

function openingNotFinal(
  committedUnits: bigint,
  neededUnits: bigint,
  { limit, secondsLeft }: NonNullable<ReturnType<typeof exposureWhileNew>>,
): BaseError {
  return new BaseError('The opening of the channel is not final yet: only a part of it is served until then.', {
    code: 'opening_not_final',
    status: 429,
    kind: 'transient',
    values: {
      clause: 'R29',
      exposureUnits: limit,
      remainingUnits: limit - committedUnits,
      neededUnits,
      retryAfterSeconds: secondsLeft,
    },
    hints: [`Try again in ${secondsLeft} s, or lower max_tokens: it bounds the worst case.`],
  });
}

function rateExceeded({ rate, burst }: Channel, missingUnits: bigint): BaseError {
  const seconds = Number((missingUnits + rate - 1n) / rate);
  return new BaseError("The channel's rate allows no more now.", {
    code: 'rate_exceeded',
    status: 429,
    kind: 'transient',
    values: { clause: 'rate', ratePerSecond: rate, burst, retryAfterSeconds: seconds },
    hints: [`Try again in ${seconds} s, or open a channel with a higher rate.`],
  });
}

function contended(
  served: ServedChannel,
  neededUnits: bigint,
  against: Limit,
  { nowSeconds, finality, contentionWaitMs }: ReserveOptions,
): BaseError {
  const { committedUnits, reservedUnits } = against === 'channel' ? served.account : against;
  const bound =
    against === 'channel'
      ? nearestBound(served, neededUnits, nowSeconds(), finality)
      : { clause: 'key.capUnits', limit: served.key?.capUnits ?? served.channel.cap };
  const remainingUnits = bound.limit - committedUnits;
  const { decimals, name } = served.policy.unit;
  const [held, left, needed] = [reservedUnits, remainingUnits, neededUnits].map((units) =>
    formatUnits(units, decimals),
  );
  return new BaseError(
    `Running calls hold ${held} of the ${left} ${name} that may be used now; this call may need ${needed}.`,
    {
      code: 'contended',
      status: 429,
      kind: 'transient',
      values: {
        clause: bound.clause,
        channelId: served.channelId,
        neededUnits,
        reservedUnits,
        remainingUnits,
        runningCalls: served.account.runningCalls,
        waitedMs: contentionWaitMs,
        retryAfterSeconds: 1,
      },
      hints: ['Try again when they have ended, or lower max_tokens: each call reserves its worst case.'],
    },
  );
}

/** What bounds the channel most now: its cap, its rate, or that it is new. */
function nearestBound(
  served: ServedChannel,
  units: bigint,
  now: number,
  finality: OpeningFinality,
): { readonly clause: string; readonly limit: bigint } {
  const cap = { clause: 'cap', limit: served.channel.cap };
  const rate = { clause: 'rate', limit: rateLimit(served, now) };
  const fresh = { clause: 'R29', limit: exposureWhileNew(served, units, now, finality)?.limit ?? cap.limit };
  return [rate, fresh].reduce((nearest, each) => (each.limit < nearest.limit ? each : nearest), cap);
}
