import type { Hex } from '@kedge/core';
import type { BatchName } from './ledgerIndex.js';

/** A batch as it is anchored. */
export type BatchLeaves = { readonly root: Hex; readonly receiptHashes: readonly Hex[] };

/** Leaves of the batches that no transaction anchors yet, as far as memory is to hold them: a chain may be away for days. */
export type LeafCache = {
  readonly add: (name: BatchName, leaves: BatchLeaves) => void;
  /** Undefined: they are in the log. */
  readonly get: (name: BatchName) => BatchLeaves | undefined;
  readonly forget: (name: BatchName) => void;
};

// Of receipts, at about 100 bytes each.
const most = 200_000;

/** The first that come are those that are anchored first. */
export function createLeafCache(): LeafCache {
  const kept = new Map<string, BatchLeaves>();
  let count = 0;
  const keyOf = ({ epoch, batch }: BatchName): string => `${epoch}/${batch}`;
  return {
    add: (name, leaves) => {
      if (count + leaves.receiptHashes.length > most) return;
      count += leaves.receiptHashes.length;
      kept.set(keyOf(name), leaves);
    },
    get: (name) => kept.get(keyOf(name)),
    forget: (name) => {
      const key = keyOf(name);
      count -= kept.get(key)?.receiptHashes.length ?? 0;
      kept.delete(key);
    },
  };
}
