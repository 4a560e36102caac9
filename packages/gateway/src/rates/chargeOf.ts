import {
  billedMetrics,
  type Measured,
  type Metric,
  type MetricLabel,
  rateQuoteCounts,
  type SignedRateQuote,
  unitsOf,
} from '@kedge/core';
import type { ServedChannel } from '../channels/servedChannel.js';

/** What a receipt says of a call's use. */
export type Charge = {
  readonly metrics: readonly Metric[];
  readonly units: bigint;
  /** The quote that the metrics name. */
  readonly rateQuote?: SignedRateQuote;
};

/**
 * What a call comes to under the policy, or under the rate quote that counted as it began. One that outlives its quote by more
 * than the policy's `callSeconds` cannot be proven by it any more: it is charged by the policy's own rates where these are no
 * dearer, as its client counts with the quote, and else by no metric: a whole answer is then not handed over. Streams are ended
 * before that.
 *
 * @param issuedAt Unix seconds, of the receipt.
 */
export function chargeOf(
  { policy, quoted }: Pick<ServedChannel, 'policy' | 'quoted'>,
  pricedBy: readonly MetricLabel[],
  measured: Measured,
  outputCap: number,
  issuedAt: bigint,
): Charge {
  const metrics = billedMetrics(policy, pricedBy, measured, outputCap);
  const units = unitsOf(policy, metrics);
  if (quoted === undefined) return { metrics, units };
  const { own, quote: rateQuote } = quoted;
  if (own.oracle !== undefined && rateQuoteCounts(own.oracle, rateQuote.quote, issuedAt, 'receipt')) {
    return { metrics: [...metrics, { metric: 'rate_quote', amount: rateQuote.quote.sequence }], units, rateQuote };
  }
  const ownUnits = unitsOf(own, metrics);
  return ownUnits <= units ? { metrics, units: ownUnits } : { metrics: [], units: 0n };
}
