import { bytesToHex, utf8, type Hasher, type Hex } from './hex.js';

/** The registry of metric labels (P26). On chain and in receipts' hashes a metric is the keccak-256 of its label. */
export const metricLabels = [
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

export type MetricLabel = (typeof metricLabels)[number];

/** How much of one metric a call used. */
export type Metric = { readonly metric: MetricLabel; readonly amount: bigint };

/**
 * keccak-256 of a metric's label (P26).
 *
 * @example
 * metricTypeOf('units', keccak256);
 */
export function metricTypeOf(label: MetricLabel, keccak256: Hasher): Hex {
  return bytesToHex(keccak256(utf8(label)));
}
