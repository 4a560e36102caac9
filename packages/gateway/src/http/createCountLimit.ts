import { BaseError } from '@kedge/core';

/**
 * Runs a count for the holder of a key. What it took can be given back, when the count comes to be paid.
 * @throws BaseError 429 `counts_limited`; whatever `count` throws.
 */
export type CountLimit = <T>(
  apiKeySha256: string,
  count: () => T,
) => { readonly counted: T; readonly giveBack: () => void };

// A text that costs most takes a second for each MiB, and source code a fifteenth of that.
const burstMs = 2_000;
const shareOfTime = 10;

/**
 * Counts that nobody pays take time from everybody's calls: so what they took one key waits for ten times as long, beyond a burst.
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
    let owedMs = 0;
    try {
      return {
        counted: count(),
        giveBack: () => void restedAt.set(apiKeySha256, (restedAt.get(apiKeySha256) ?? 0) - owedMs),
      };
    } finally {
      owedMs = (elapsedMs() - begun) * shareOfTime;
      restedAt.set(apiKeySha256, before + owedMs);
    }
  };
}

function limited(retryAfterSeconds: number): BaseError {
  return new BaseError('The counts of this key took more of the processor than is free.', {
    code: 'counts_limited',
    status: 429,
    kind: 'transient',
    values: { retryAfterSeconds },
    hints: [`Try again in ${retryAfterSeconds} s, and mend what was refused: calls that are paid for do not count.`],
  });
}
