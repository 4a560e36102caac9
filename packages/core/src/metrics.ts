import { BaseError } from './baseError.js';
import { bytesToHex, utf8, type Hasher, type Hex } from './hex.js';

/** The metrics that a policy may price. */
export const rateLabels = [
  'input_tokens',
  'cached_tokens',
  'output_tokens',
  'reasoning_tokens',
  'requests',
  'images',
  'seconds',
  'bytes',
  'records',
  'units',
] as const;

export type RateLabel = (typeof rateLabels)[number];

/**
 * The registry of metric labels (P26). On chain and in receipts' hashes a metric is the keccak-256 of its label. The amount of
 * `rate_quote` is the sequence number of the rate quote that a call was metered by; it costs nothing by itself.
 */
export const metricLabels = [...rateLabels, 'rate_quote'] as const;

export type MetricLabel = (typeof metricLabels)[number];

/** How much of one metric a call used. */
export type Metric = { readonly metric: MetricLabel; readonly amount: bigint };

/**
 * keccak-256 of a metric's label (P26).
 *
 * @throws BaseError `metric_unknown`.
 *
 * @example
 * metricTypeOf('units', keccak256);
 */
export function metricTypeOf(label: MetricLabel, keccak256: Hasher): Hex {
  if (!metricLabels.includes(label)) {
    throw new BaseError(`There is no metric ${label}.`, {
      code: 'metric_unknown',
      values: { metric: label },
      hints: [`The registry has ${metricLabels.join(', ')}.`],
    });
  }
  return bytesToHex(keccak256(utf8(label)));
}
