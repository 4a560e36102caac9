import type { MetricLabel } from '../metrics.js';
import type { Policy } from '../policy.js';
import { unitsOf } from '../units.js';
import { worstMetrics } from './billedMetrics.js';
import type { Counts } from './measured.js';

/** A call before it is made, as far as it bounds the price. */
type KnownCall = {
  readonly pricedBy: readonly MetricLabel[];
  readonly known: Counts;
  readonly choices: number;
};

/**
 * The most base units that a call comes to whose choices have so many output tokens each.
 *
 * @throws BaseError `rate_missing`, `units_out_of_range`.
 */
export function worstUnitsAt(policy: Policy, { pricedBy, known, choices }: KnownCall, outputCap: number): bigint {
  return unitsOf(policy, worstMetrics(policy, pricedBy, known, outputCap * choices));
}

/**
 * Output tokens that one choice may have where the request names no limit: the policy's `caps.outputTokensPerCall`, or what
 * `caps.unitsPerCall` lets through of it; at least 1, which is then refused by name.
 */
export function defaultOutputCap(policy: Policy, call: KnownCall): number {
  const { outputTokensPerCall: limit, unitsPerCall } = policy.caps;
  if (unitsPerCall === undefined || worstUnitsAt(policy, call, limit) <= BigInt(unitsPerCall)) return limit;
  let low = 1;
  let high = limit;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (worstUnitsAt(policy, call, middle) <= BigInt(unitsPerCall)) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** The smallest of the limits that a request names; undefined when it names none. */
export function smallest(...limits: readonly (number | null | undefined)[]): number | undefined {
  const named = limits.filter((limit): limit is number => typeof limit === 'number');
  return named.length === 0 ? undefined : Math.min(...named);
}
