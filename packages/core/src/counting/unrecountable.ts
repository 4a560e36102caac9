import type { Policy } from '../policy.js';

/** A clause by which a client cannot recount what its calls cost. */
type Unrecountable = { readonly clause: string; readonly reason: string };

/**
 * Why no client can sign for what it counted itself under a policy (R11); undefined where it can. No channel in strict mode is
 * served under such a policy.
 *
 * @example
 * const refused = unrecountable(policy);
 * if (refused !== undefined) console.log(refused.clause, refused.reason);
 */
export function unrecountable({ rates, oracle, usage }: Policy): Unrecountable | undefined {
  if (usage?.rules === 'upstream') {
    return {
      clause: 'usage.rules',
      reason: "its policy lets the upstream's count rule, which a strict client cannot recount",
    };
  }
  if (rates.reasoning_tokens !== undefined) {
    return {
      clause: 'rates.reasoning_tokens',
      reason: 'its policy has a rate for reasoning that is not shown, which a strict client cannot recount',
    };
  }
  const boundsOf = (metric: 'cached_tokens' | 'input_tokens') =>
    oracle?.bounds[metric] ?? { min: rates[metric] ?? '0', max: rates[metric] ?? '0' };
  const isCacheDear =
    rates.cached_tokens !== undefined && BigInt(boundsOf('cached_tokens').max) > BigInt(boundsOf('input_tokens').min);
  if (!isCacheDear) return undefined;
  return {
    clause: 'rates.cached_tokens',
    reason:
      'its policy may charge more for input from a cache than for other input, which a strict client cannot recount',
  };
}
