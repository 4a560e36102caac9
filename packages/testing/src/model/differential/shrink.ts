import type { Chain } from './chain.js';
import { Disagreement } from './disagreement.js';
import { replay, type Entry } from './runWorlds.js';

/** What the two disagree about after these commands; undefined where they do not. */
export async function disagreementIn(chain: Chain, history: readonly Entry[]): Promise<Disagreement | undefined> {
  try {
    await replay(chain, history);
    return undefined;
  } catch (error) {
    if (error instanceof Disagreement) return error;
    throw error;
  }
}

/**
 * Fewer commands that still end in a disagreement: halves are left out, then quarters, and so on, as long as `isTime` allows.
 * The last is always kept.
 */
export async function shrink(
  chain: Chain,
  history: readonly Entry[],
  isTime: () => boolean,
): Promise<readonly Entry[]> {
  let kept = history;
  for (let size = Math.ceil(kept.length / 2); size >= 1; size = Math.floor(size / 2)) {
    for (let start = 0; start < kept.length && isTime();) {
      const fewer = kept.toSpliced(start, size);
      if ((await disagreementIn(chain, fewer)) === undefined) start += size;
      else kept = fewer;
    }
  }
  return kept;
}
