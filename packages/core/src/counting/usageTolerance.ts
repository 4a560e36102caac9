import type { Policy, PolicyUsage } from '../policy.js';
import type { Measured } from './measured.js';

const usual: PolicyUsage = { rules: 'gateway', toleranceBasisPoints: 1_000, toleranceTokens: 16 };

/** How a policy has an upstream's count compared with our own, and which of the two rules; where it does not say, as usual. */
export function usageTermsOf(policy: Policy): PolicyUsage {
  return policy.usage ?? usual;
}

/** By how many tokens an upstream's count may differ from `own` and still agree with it. */
export function toleranceAt(own: number, { toleranceBasisPoints, toleranceTokens }: PolicyUsage): number {
  return Math.max(toleranceTokens, Math.floor((own * toleranceBasisPoints) / 10_000));
}

/** The upstream's count, or what is nearest to it within the tolerance around `own`; `own` where it says nothing. */
export function withinTolerance(theirs: number | undefined, own: number, terms: PolicyUsage): number {
  if (theirs === undefined) return own;
  const tolerance = toleranceAt(own, terms);
  return Math.min(Math.max(theirs, own - tolerance, 0), own + tolerance);
}

/** Reasoning that the upstream says it made and did not show. */
export function hiddenReasoningOf({ counts, usage }: Measured): number {
  return counts.reasoningTokens > 0 ? 0 : (usage?.reasoning ?? 0);
}

/** What the upstream counted of the output that was shown. */
export function shownOutputOf(measured: Measured): number | undefined {
  const output = measured.usage?.output;
  return output === undefined ? undefined : Math.max(0, output - hiddenReasoningOf(measured));
}
