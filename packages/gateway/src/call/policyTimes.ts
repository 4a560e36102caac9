import { BaseError, type Policy, policyRefused, weekdays } from '@kedge/core';
import { useWithin } from '../ledger/useWindows.js';
import type { ChannelAccount } from '../ledger/channelAccount.js';

/**
 * Refuses what the policy does not serve now: outside of its hours, or beyond what a minute, an hour or a day may use.
 * Running calls count with their worst case.
 * @param now Unix time in seconds.
 * @throws BaseError 403 `policy_refused`; 429 `window_exceeded`; both name the clause.
 */
export function checkTimes(policy: Policy, account: ChannelAccount, units: bigint, now: number): void {
  if (policy.hours !== undefined) checkHours(policy.hours, now);
  policy.caps.windows?.forEach((window, index) => {
    const clause = `caps.windows.${index}`;
    const used = useWithin(account.windows, window.seconds, now);
    const unitsCap = window.units === undefined ? undefined : BigInt(window.units);
    if (unitsCap !== undefined && units > unitsCap) {
      throw policyRefused(
        clause,
        `The call may cost ${units} base units; the policy allows ${unitsCap} in ${window.seconds} s.`,
        {
          values: { worstUnits: units, cap: unitsCap },
          hints: ['Ask for less output, or send less input.'],
        },
      );
    }
    const isOverUnits = unitsCap !== undefined && used.units + account.reservedUnits + units > unitsCap;
    const isOverRequests = window.requests !== undefined && used.requests + account.runningCalls + 1 > window.requests;
    if (!isOverUnits && !isOverRequests) return;
    const retryAfterSeconds = window.seconds - (Math.floor(now) % window.seconds);
    throw new BaseError(`The policy allows no more within these ${window.seconds} s.`, {
      code: 'window_exceeded',
      status: 429,
      kind: 'transient',
      values: { clause, usedUnits: used.units, usedRequests: used.requests, retryAfterSeconds },
      hints: [`Try again in ${retryAfterSeconds} s.`],
    });
  });
}

function checkHours(hours: NonNullable<Policy['hours']>, now: number): void {
  const moment = new Date(now * 1_000);
  const time = moment.toISOString().slice(11, 16);
  const day = weekdays[moment.getUTCDay()]!;
  const isOpen = hours.some(({ days, from, until }) => (days?.includes(day) ?? true) && from <= time && time < until);
  if (isOpen) return;
  const shown = hours.map(
    ({ days, from, until }) => `${from}-${until}${days === undefined ? '' : ` ${days.join(', ')}`}`,
  );
  throw policyRefused('hours', `The policy serves nothing on ${day} at ${time} UTC.`, {
    hints: [`It serves at: ${shown.join('; ')} (UTC).`],
  });
}
