import type { MetricLabel } from '../metrics.js';

const texts: readonly MetricLabel[] = ['input_tokens', 'output_tokens', 'requests'];
const recordings: readonly MetricLabel[] = ['requests', 'seconds', 'bytes'];

/**
 * What each surface is priced by, by its path below `/v1`: metrics of which a policy must price at least one. A surface without
 * a rate is refused, never free.
 */
export const pricedBy = {
  '/chat/completions': texts,
  '/completions': texts,
  '/responses': texts,
  '/messages': texts,
  '/embeddings': ['input_tokens', 'requests', 'records'],
  '/images/generations': ['requests', 'images'],
  '/audio/speech': ['requests'],
  '/audio/transcriptions': recordings,
  '/audio/translations': recordings,
} as const satisfies Readonly<Record<string, readonly MetricLabel[]>>;

/** A surface that is metered, by its path below `/v1`. */
export type SurfacePath = keyof typeof pricedBy;
