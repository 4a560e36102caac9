import { type Hex, splitSeq } from '@kedge/core';

export type BatchPlace = { readonly offset: number; readonly length: number };
export type BatchName = { readonly epoch: bigint; readonly batch: bigint };

/** A batch, as far as the index looks at it. */
export type IndexedBatch = BatchName & {
  readonly receipts: readonly { readonly channelId: Hex; readonly seq: bigint }[];
};

/** Where each batch is in the log, and in which batch each receipt is: numbers only, because a log holds millions. */
export type LedgerIndex = {
  readonly add: (record: IndexedBatch, place: BatchPlace) => void;
  readonly placeOfBatch: (name: BatchName) => BatchPlace | undefined;
  readonly placeOfReceipt: (channelId: Hex, seq: bigint) => BatchPlace | undefined;
};

export function createLedgerIndex(): LedgerIndex {
  // Batches of an epoch are numbered from 1 without gaps, and so are a channel's receipts of an epoch.
  const batches = new Map<number, { offsets: number[]; lengths: number[] }>();
  const receipts = new Map<Hex, Map<number, number[]>>();
  const placeOfBatch = ({ epoch, batch }: BatchName): BatchPlace | undefined => {
    const places = batches.get(Number(epoch));
    const offset = places?.offsets[Number(batch) - 1];
    const length = places?.lengths[Number(batch) - 1];
    return offset === undefined || length === undefined ? undefined : { offset, length };
  };
  return {
    add: ({ epoch: of, batch, receipts: added }, { offset, length }) => {
      const epoch = Number(of);
      let places = batches.get(epoch);
      if (places === undefined) batches.set(epoch, (places = { offsets: [], lengths: [] }));
      places.offsets[Number(batch) - 1] = offset;
      places.lengths[Number(batch) - 1] = length;
      for (const { channelId, seq } of added) {
        let epochs = receipts.get(channelId);
        if (epochs === undefined) receipts.set(channelId, (epochs = new Map()));
        let numbers = epochs.get(epoch);
        if (numbers === undefined) epochs.set(epoch, (numbers = []));
        numbers[Number(splitSeq(seq).counter) - 1] = Number(batch);
      }
    },
    placeOfBatch,
    placeOfReceipt: (channelId, seq) => {
      const { epoch, counter } = splitSeq(seq);
      const batch = receipts.get(channelId)?.get(Number(epoch))?.[Number(counter) - 1];
      return batch === undefined ? undefined : placeOfBatch({ epoch, batch: BigInt(batch) });
    },
  };
}
