import type { Hex } from '@kedge/core';
import {
  type BatchName,
  type LogPlace,
  createLedgerIndex,
  type IndexedBatch,
  type LedgerIndex,
} from '../ledgerIndex.js';
import { besideSegment, listBeside, listSegments } from './segmentFiles.js';
import { openSegmentIndex, type SegmentIndex } from './segmentIndex.js';

/** Where batches and receipts are in the log: of the newest segments in memory, of all others on disk. */
export type SegmentedIndex = {
  /** A segment begins. */
  readonly begin: (base: number) => void;
  readonly add: (record: IndexedBatch, place: LogPlace) => void;
  /** The segment's index is on disk, and leaves memory. */
  readonly onDisk: (base: number) => void;
  readonly placeOfBatch: (name: BatchName) => Promise<LogPlace | undefined>;
  readonly placeOfReceipt: (channelId: Hex, seq: bigint) => Promise<LogPlace | undefined>;
};

type Found = LogPlace | undefined;
type Part = { readonly base: number; index: LedgerIndex | SegmentIndex };

/** @param from The base of the first segment of the log at `path` that is read into memory. */
export function createSegmentedIndex(path: string, from: number): SegmentedIndex {
  const diskOf = (base: number): SegmentIndex => openSegmentIndex(besideSegment(path, base, 'index'));
  const inMemory = (base: number): Part => ({ base, index: createLedgerIndex() });
  // A segment may have been moved away, and its index not.
  const onDisk = listBeside(path, 'index').filter((base) => base < from);
  const read = listSegments(path).filter(({ base }) => base >= from);
  const parts = [
    ...onDisk.map((base): Part => ({ base, index: diskOf(base) })),
    ...read.map(({ base }) => inMemory(base)),
  ];
  if (parts.length === 0) parts.push(inMemory(from));

  /** The newest first: what is asked for is mostly new. */
  const find = async (look: (index: Part['index']) => Found | Promise<Found>): Promise<Found> => {
    const known = parts.toReversed();
    for (const { index } of known) {
      const place = await look(index);
      if (place !== undefined) return place;
    }
    const isKnown = (base: number): boolean => base >= from || known.some((part) => part.base === base);
    // It was moved away at the start, and is put back.
    for (const base of listBeside(path, 'index')) {
      const place = isKnown(base) ? undefined : await look(diskOf(base));
      if (place !== undefined) return place;
    }
    return undefined;
  };

  return {
    begin: (base) => void parts.push(inMemory(base)),
    add: (record, place) => {
      const part = parts.findLast(({ base }) => base <= place.offset);
      // An index on disk is made of the whole segment.
      if (part !== undefined && 'add' in part.index) part.index.add(record, place);
    },
    onDisk: (base) => {
      const part = parts.find((one) => one.base === base);
      if (part !== undefined) part.index = diskOf(base);
      else parts.unshift({ base, index: diskOf(base) });
    },
    placeOfBatch: (name) => find((index) => index.placeOfBatch(name)),
    placeOfReceipt: (channelId, seq) => find((index) => index.placeOfReceipt(channelId, seq)),
  };
}
