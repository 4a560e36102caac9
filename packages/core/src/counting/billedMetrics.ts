import type { Metric, MetricLabel } from '../metrics.js';
import type { Policy } from '../policy.js';
import type { Counts, Measured } from './measured.js';
import { hiddenReasoningOf, shownOutputOf, toleranceAt, withinTolerance } from './usageTolerance.js';

/**
 * The metrics that a call is charged for, in the registry's order: those of its surface that the policy prices. The gateway's
 * own count rules, or the upstream's within the policy's tolerance around it (`usage`). What only the upstream can know is
 * taken from its `usage`, within what was counted and reserved: the part of the input that came from its cache, and reasoning
 * that it did not show, each only where it has a rate of its own or the upstream's count rules.
 *
 * @param outputCap Output tokens that were reserved: what an upstream says beyond is the operator's loss.
 */
export function billedMetrics(
  policy: Policy,
  pricedBy: readonly MetricLabel[],
  measured: Measured,
  outputCap: number,
): Metric[] {
  const { rates } = policy;
  const { counts, usage } = measured;
  const terms = policy.usage?.rules === 'upstream' ? policy.usage : undefined;
  let input = terms === undefined ? counts.inputTokens : withinTolerance(usage?.input, counts.inputTokens, terms);
  let cached = 0;
  if (rates.cached_tokens !== undefined && usage?.cached !== undefined) {
    cached = Math.min(usage.cached, input);
    input -= cached;
  }
  const shown =
    terms === undefined ? counts.outputTokens : withinTolerance(shownOutputOf(measured), counts.outputTokens, terms);
  let output = Math.min(shown, outputCap);
  let reasoning = 0;
  if (rates.reasoning_tokens !== undefined) {
    const seen = Math.min(counts.reasoningTokens, output);
    reasoning = seen > 0 ? seen : Math.min(usage?.reasoning ?? 0, outputCap - output);
    output -= seen;
  } else if (terms !== undefined) output = Math.min(output + hiddenReasoningOf(measured), outputCap);
  return metricsOf(rates, pricedBy, counts, { input, cached, output, reasoning });
}

/** The most that a call can be charged for: its whole input and output at the dearer of the rates that either may have. */
export function worstMetrics(
  policy: Policy,
  pricedBy: readonly MetricLabel[],
  known: Counts,
  outputCap: number,
): Metric[] {
  const { rates, usage } = policy;
  const own = known.inputTokens;
  // An empty text, too: an upstream may count what it begins with.
  const isUpstreams = usage?.rules === 'upstream' && pricedBy.includes('input_tokens');
  const input = isUpstreams ? own + toleranceAt(own, usage) : own;
  const allCached = isDearer(rates.cached_tokens, rates.input_tokens);
  const allReasoning = isDearer(rates.reasoning_tokens, rates.output_tokens);
  return metricsOf(rates, pricedBy, known, {
    input: allCached ? 0 : input,
    cached: allCached ? input : 0,
    output: allReasoning ? 0 : outputCap,
    reasoning: allReasoning ? outputCap : 0,
  });
}

type Tokens = {
  readonly input: number;
  readonly cached: number;
  readonly output: number;
  readonly reasoning: number;
};

function metricsOf(rates: Policy['rates'], pricedBy: readonly MetricLabel[], counts: Counts, tokens: Tokens): Metric[] {
  const metrics: Metric[] = [];
  const add = (metric: MetricLabel, amount: number): void => {
    if (rates[metric] !== undefined && pricedBy.includes(metric)) metrics.push({ metric, amount: BigInt(amount) });
  };
  add('input_tokens', tokens.input);
  if (tokens.cached > 0) metrics.push({ metric: 'cached_tokens', amount: BigInt(tokens.cached) });
  add('output_tokens', tokens.output);
  if (tokens.reasoning > 0) metrics.push({ metric: 'reasoning_tokens', amount: BigInt(tokens.reasoning) });
  add('requests', 1);
  // Images that are sent in have a rate or are refused, by unitsOf; where images are the product, requests may price them.
  if (counts.images > 0 && (rates.images !== undefined || !pricedBy.includes('images'))) {
    metrics.push({ metric: 'images', amount: BigInt(counts.images) });
  }
  add('seconds', counts.seconds);
  add('bytes', counts.bytes);
  add('records', counts.records);
  return metrics;
}

function isDearer(rate: string | undefined, than: string | undefined): boolean {
  return rate !== undefined && (than === undefined || BigInt(rate) > BigInt(than));
}
