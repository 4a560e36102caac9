import { type Hex, splitSeq } from '@kedge/core';

/** Where a record's payload is in the log, in bytes. */
export type LogPlace = { readonly offset: number; readonly length: number };
export type BatchName = { readonly epoch: bigint; readonly batch: bigint };

/** A batch, as far as the index looks at it. */
export type IndexedBatch = BatchName & {
  readonly receipts: readonly { readonly channelId: Hex; readonly seq: bigint }[];
};

/** One number for each of those that are numbered from `first` on; 0, or nothing: there is none. */
export type Run = { first: number; readonly numbers: number[] };
/** The batches of an epoch: the length of each, and where it is. */
export type BatchRun = Run & { readonly offsets: number[] };

/**
 * Where each batch of a segment is in the log, and in which batch each of its receipts is: numbers only, because a segment holds
 * hundreds of thousands.
 */
export type LedgerIndex = {
  readonly add: (record: IndexedBatch, place: LogPlace) => void;
  readonly placeOfBatch: (name: BatchName) => LogPlace | undefined;
  readonly placeOfReceipt: (channelId: Hex, seq: bigint) => LogPlace | undefined;
  /** By epoch. */
  readonly batches: ReadonlyMap<number, BatchRun>;
  /** By channel and epoch: the batch of each receipt. */
  readonly receipts: ReadonlyMap<Hex, ReadonlyMap<number, Run>>;
};

export function createLedgerIndex(): LedgerIndex {
  // Batches of an epoch are numbered without gaps, and so are a channel's receipts of an epoch.
  const batches = new Map<number, BatchRun>();
  const receipts = new Map<Hex, Map<number, Run>>();
  const placeOfBatch = ({ epoch, batch }: BatchName): LogPlace | undefined => {
    const run = batches.get(Number(epoch));
    const length = run && numberAt(run, Number(batch));
    return run === undefined || length === undefined
      ? undefined
      : { offset: run.offsets[Number(batch) - run.first] ?? 0, length };
  };
  return {
    batches,
    receipts,
    add: ({ epoch: of, batch: named, receipts: added }, { offset, length }) => {
      const [epoch, batch] = [Number(of), Number(named)];
      let run = batches.get(epoch);
      if (run === undefined) batches.set(epoch, (run = { first: batch, numbers: [], offsets: [] }));
      makeRoom(run, batch, run.numbers, run.offsets);
      run.numbers[batch - run.first] = length;
      run.offsets[batch - run.first] = offset;
      for (const { channelId, seq } of added) {
        let epochs = receipts.get(channelId);
        if (epochs === undefined) receipts.set(channelId, (epochs = new Map()));
        const counter = Number(splitSeq(seq).counter);
        let numbered = epochs.get(epoch);
        if (numbered === undefined) epochs.set(epoch, (numbered = { first: counter, numbers: [] }));
        makeRoom(numbered, counter, numbered.numbers);
        numbered.numbers[counter - numbered.first] = batch;
      }
    },
    placeOfBatch,
    placeOfReceipt: (channelId, seq) => {
      const { epoch, counter } = splitSeq(seq);
      const run = receipts.get(channelId)?.get(Number(epoch));
      const batch = run && numberAt(run, Number(counter));
      return batch === undefined ? undefined : placeOfBatch({ epoch, batch: BigInt(batch) });
    },
  };
}

function numberAt({ first, numbers }: Run, number: number): number | undefined {
  return numbers[number - first] || undefined;
}

/** For one that is numbered below the first that came. */
function makeRoom(run: Run, number: number, ...lists: number[][]): void {
  for (; number < run.first; run.first--) for (const list of lists) list.unshift(0);
}
