import { describe, expect, test } from 'vitest';
import { createUnanchoredBatches, withoutRanges } from '../src/ledger/unanchoredBatches.js';

const names = (...batches: readonly (readonly [epoch: number, batch: number])[]) =>
  batches.map(([epoch, batch]) => ({ epoch: BigInt(epoch), batch: BigInt(batch) }));
const range = (epoch: number, first: number, last: number) => ({
  epoch: BigInt(epoch),
  firstBatch: BigInt(first),
  lastBatch: BigInt(last),
});

describe('batches that no transaction anchors', () => {
  test('leave when they are anchored, and only they', () => {
    const unanchored = createUnanchoredBatches();
    for (const name of names([7, 1], [7, 2], [7, 3], [8, 2])) unanchored.add(name);
    expect(unanchored.markAnchored(range(7, 2, 9))).toEqual(names([7, 2], [7, 3]));
    expect(unanchored.names()).toEqual(names([7, 1], [8, 2]));
  });

  test('come back in order, and once: those that a reading of the ledger brought back before stay as they are', () => {
    const unanchored = createUnanchoredBatches();
    unanchored.replace(names([7, 3], [8, 1]));
    unanchored.markUnanchored(range(7, 1, 3));
    expect(unanchored.names()).toEqual(names([7, 1], [7, 2], [7, 3], [8, 1]));
  });

  test('at opening are those that are in no range: ranges touch, overlap and lie in each other', () => {
    const all = names([7, 1], [7, 2], [7, 3], [7, 4], [7, 5], [7, 6], [7, 9], [8, 4]);
    const ranges = [range(7, 4, 5), range(7, 1, 3), range(7, 2, 2), range(7, 8, 8)];
    expect(withoutRanges(all, ranges)).toEqual(names([7, 6], [7, 9], [8, 4]));
  });
});
