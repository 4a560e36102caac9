import type { MetricLabel } from '../metrics.js';
import type { Policy } from '../policy.js';
import { pricedBy } from './pricedBy.js';

/**
 * Which half of a call's tokens a policy gives away without saying so: it serves a surface that has both input and output, and
 * has a rate for one of them only. A rate of 0 says so, and is none of these.
 *
 * @example
 * unpricedTokens({ ...policy, rates: { output_tokens: '3' } }); // 'input_tokens'
 */
export function unpricedTokens({ rates, surfaces }: Policy): 'input_tokens' | 'output_tokens' | undefined {
  const hasBoth = Object.entries<readonly MetricLabel[]>(pricedBy).some(
    ([path, metrics]) =>
      (surfaces?.includes(path) ?? true) && metrics.includes('input_tokens') && metrics.includes('output_tokens'),
  );
  const hasInput = rates.input_tokens !== undefined;
  const hasOutput = rates.output_tokens !== undefined;
  if (!hasBoth || hasInput === hasOutput) return undefined;
  return hasInput ? 'output_tokens' : 'input_tokens';
}
