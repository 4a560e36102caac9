import type { BatchRange } from '../capture/transactionJournal.js';
import type { BatchName } from './ledgerIndex.js';

/** Batches that no confirmed transaction anchors, in the order of epochs and of batches. */
export type UnanchoredBatches = {
  readonly names: () => readonly BatchName[];
  /** The newest. */
  readonly add: (name: BatchName) => void;
  readonly replace: (names: readonly BatchName[]) => void;
  /** The batches that were anchored. */
  readonly markAnchored: (range: BatchRange) => readonly BatchName[];
  /** The transaction that anchored them is gone. */
  readonly markUnanchored: (range: BatchRange) => void;
};

export function createUnanchoredBatches(): UnanchoredBatches {
  let unanchored: BatchName[] = [];
  return {
    names: () => unanchored,
    add: (name) => unanchored.push(name),
    replace: (names) => (unanchored = [...names]),
    markAnchored: (range) => {
      const anchored = unanchored.filter((name) => isIn(name, range));
      unanchored = unanchored.filter((name) => !isIn(name, range));
      return anchored;
    },
    markUnanchored: (range) => {
      const others = unanchored.filter((name) => !isIn(name, range));
      const back: BatchName[] = [];
      for (let batch = range.firstBatch; batch <= range.lastBatch; batch++) back.push({ epoch: range.epoch, batch });
      unanchored = [...others, ...back].toSorted((a, b) => Number(a.epoch - b.epoch) || Number(a.batch - b.batch));
    },
  };
}

/**
 * The names that are in none of the ranges. What was anchored one after another becomes one range, so that few are left of a
 * log's millions of batches.
 */
export function withoutRanges(names: readonly BatchName[], ranges: readonly BatchRange[]): BatchName[] {
  const ofEpoch = new Map<bigint, BatchRange[]>();
  const inOrder = ranges.toSorted(
    (a, b) => Number(a.epoch - b.epoch) || Number(a.firstBatch - b.firstBatch) || Number(a.lastBatch - b.lastBatch),
  );
  for (const range of inOrder) {
    const merged = ofEpoch.get(range.epoch) ?? [];
    const last = merged.at(-1);
    if (last === undefined || range.firstBatch > last.lastBatch + 1n) merged.push(range);
    else if (range.lastBatch > last.lastBatch) merged[merged.length - 1] = { ...last, lastBatch: range.lastBatch };
    ofEpoch.set(range.epoch, merged);
  }
  return names.filter((name) => !ofEpoch.get(name.epoch)?.some((range) => isIn(name, range)));
}

function isIn(name: BatchName, range: BatchRange): boolean {
  return name.epoch === range.epoch && name.batch >= range.firstBatch && name.batch <= range.lastBatch;
}
