import type { IndexerStatus } from '@kedge/core';
import { showCount, showMoment } from '../ui/format.js';

/**
 * That the lists are older than the chain, and how old; undefined where they are not.
 *
 * @param headBefore the chain's newest block when it was last asked: what came since, an indexer may still be reading
 */
export function lagText({ indexed, head, ready }: IndexerStatus, headBefore: number | undefined): string | undefined {
  const known = indexed?.blockNumber ?? -1;
  const age =
    indexed === null
      ? 'Nothing is shown yet.'
      : `Lists and figures are as of block ${indexed.blockNumber}, ${showMoment(indexed.at)}.`;
  if (head === null) return `The indexer cannot reach the chain now. ${age}`;
  if (ready && known >= (headBefore ?? known)) return undefined;
  const missing = Math.max(0, head.blockNumber - known);
  // One that has just begun reads the last blocks again, though it knows of them.
  const what = missing === 0 ? 'is still reading the chain' : `has ${showCount(missing, 'block')} still to read`;
  return `The indexer ${what}. ${age}`;
}
