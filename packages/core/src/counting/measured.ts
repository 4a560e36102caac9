import type { InputCount } from './textSink.js';

/** What was measured of a call. Metrics of the registry are made of it (`billedMetrics`). */
export type Counts = {
  readonly inputTokens: number;
  /** All that the client can read, reasoning included. */
  readonly outputTokens: number;
  /** The part of `outputTokens` that is reasoning. */
  readonly reasoningTokens: number;
  readonly images: number;
  readonly seconds: number;
  readonly bytes: number;
  readonly records: number;
};

/** What an upstream says about its own use; a number that it does not say, or that is none, is absent. */
export type UpstreamUsage = {
  readonly input?: number | undefined;
  /** The part of `input` that came from its cache. */
  readonly cached?: number | undefined;
  /** Reasoning included. */
  readonly output?: number | undefined;
  readonly reasoning?: number | undefined;
};

/** What was delivered. */
export type Measured = { readonly counts: Counts; readonly usage: UpstreamUsage | undefined };

/** Counts of a call that has used nothing yet. */
export const noCounts: Counts = {
  inputTokens: 0,
  outputTokens: 0,
  reasoningTokens: 0,
  images: 0,
  seconds: 0,
  bytes: 0,
  records: 0,
};

/** What is known of a call before it is made, where its input is tokens and images. */
export function withInput({ tokens, images }: InputCount): Counts {
  return { ...noCounts, inputTokens: tokens, images };
}
