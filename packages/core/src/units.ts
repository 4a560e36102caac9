import { BaseError } from './baseError.js';
import type { Metric } from './metrics.js';
import type { Policy } from './policy.js';

const uint64Max = (1n << 64n) - 1n;

/**
 * Base units of a call: the sum of rate x amount, exact. The same code counts in the gateway and in every verifier.
 *
 * @throws BaseError `rate_missing` (403) for a metric that the policy does not price, even when its amount is 0:
 * what has no rate is refused, never free. `units_out_of_range` for a sum beyond 2^64 - 1.
 *
 * @example
 * unitsOf(policy, [{ metric: 'input_tokens', amount: 12n }, { metric: 'output_tokens', amount: 40n }]);
 */
export function unitsOf(policy: Pick<Policy, 'rates'>, metrics: readonly Metric[]): bigint {
  let sum = 0n;
  for (const { metric, amount } of metrics) {
    const rate = policy.rates[metric];
    if (rate === undefined) {
      throw new BaseError(`The policy has no rate for ${metric}.`, {
        code: 'rate_missing',
        status: 403,
        values: { clause: `rates.${metric}`, amount },
        hints: ['Ask for something that the policy prices, or ask the issuer for a policy with this rate.'],
      });
    }
    if (amount < 0n) {
      throw new BaseError('A metric is negative.', {
        code: 'units_out_of_range',
        kind: 'bug',
        values: { metric, amount },
      });
    }
    sum += BigInt(rate) * amount;
  }
  if (sum > uint64Max) {
    throw new BaseError('A call costs more units than the protocol can say.', {
      code: 'units_out_of_range',
      values: { units: sum, maximum: uint64Max },
    });
  }
  return sum;
}

/**
 * Base units as a decimal number of whole units, exact.
 *
 * @example
 * formatUnits(1_500n, 3); // '1.5'
 */
export function formatUnits(baseUnits: bigint, decimals: number): string {
  const negative = baseUnits < 0n;
  const digits = (negative ? -baseUnits : baseUnits).toString().padStart(decimals + 1, '0');
  const whole = digits.slice(0, digits.length - decimals);
  const fraction = digits.slice(digits.length - decimals).replace(/0+$/, '');
  return `${negative ? '-' : ''}${whole}${fraction === '' ? '' : `.${fraction}`}`;
}

/**
 * A decimal number of whole units as base units, exact: more decimals than there are is an error, not a rounding.
 *
 * @throws BaseError `units_invalid`.
 *
 * @example
 * parseUnits('1.5', 3); // 1500n
 */
export function parseUnits(text: string, decimals: number): bigint {
  const match = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text);
  const fraction = (match?.[3] ?? '').replace(/0+$/, '');
  if (match === null || fraction.length > decimals) {
    throw new BaseError('That is not a number of units.', {
      code: 'units_invalid',
      values: { received: text, decimals },
      hints: [`Write digits with at most ${decimals} decimals, for example ${decimals > 0 ? '12.5' : '12'}.`],
    });
  }
  const value = BigInt(match[2]! + fraction.padEnd(decimals, '0'));
  return match[1] === '-' ? -value : value;
}
