import { BaseError } from '@kedge/core';

/**
 * Runs a count for the holder of a key.
 * @throws BaseError 429 `counts_limited`; whatever `count` throws.
 */
export type CountLimit = <T>(apiKeySha256: string, count: () => T) => T;

// A text that costs most takes a second for each MiB, and source code a fifteenth of that.
const burstMs = 2_000;
const shareOfTime = 10;

/**
 * Counts are free, and take time from everybody's calls: so what they took one key waits for ten times as long, beyond a burst.
 * @param elapsedMs A clock that never goes back.
 */
export function createCountLimit(elapsedMs: () => number): CountLimit {
  // By key: when it has waited for all its counts. Of keys that are served only, so they are no more than those.
  const restedAt = new Map<string, number>();
  return (apiKeySha256, count) => {
    const begun = elapsedMs();
    const before = Math.max(begun, restedAt.get(apiKeySha256) ?? begun);
    const missingMs = before - begun - burstMs * shareOfTime;
    if (missingMs > 0) throw limited(Math.ceil(missingMs / 1_000));
    try {
      return count();
    } finally {
      restedAt.set(apiKeySha256, before + (elapsedMs() - begun) * shareOfTime);
    }
  };
}

function limited(retryAfterSeconds: number): BaseError {
  return new BaseError('The counts of this key took more of the processor than is free.', {
    code: 'counts_limited',
    status: 429,
    kind: 'transient',
    values: { retryAfterSeconds },
    hints: [`Try again in ${retryAfterSeconds} s. Calls are not held up by it.`],
  });
}
