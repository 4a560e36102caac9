import type { Hex } from '@kedge/core';
import { encodeKeyUse } from '../keys/keyAccounts.js';
import { encodeBatchRecord } from './batchRecord.js';
import type { SignedBatch } from './receiptBatcher.js';
import type { UseWindows } from './useWindows.js';

/** What a batch does to one channel, whose receipts in it follow one another. */
export type ForeignStep = {
  readonly channelId: Hex;
  /** The receipt that its first one follows. */
  readonly before: Hex;
  /** How many they are, the number of the last, its hash, and the units of all up to it. */
  readonly receipts: number;
  readonly lastSeq: bigint;
  readonly receiptHash: Hex;
  readonly units: bigint;
  /** At least what these receipts used, where the policy caps what is used within a time. */
  readonly windows: UseWindows | undefined;
};

/** A batch on its way from the process that signed it to the one that has the log: payloads of records, and what they do. */
export type ForeignBatch = {
  readonly epoch: bigint;
  readonly batch: bigint;
  readonly root: Hex;
  readonly record: Buffer;
  /** One after another, 32 bytes each. */
  readonly receiptHashes: Buffer;
  readonly steps: readonly ForeignStep[];
  readonly keyUses: readonly Buffer[];
  readonly answers: readonly Buffer[];
  /** By their salts: the receipts of streams whose progress was kept. */
  readonly settled: readonly Hex[];
};

export function foreignBatchOf(
  { batch, signature, receipts, answers, keyUses }: SignedBatch,
  windowsOf: (channelId: Hex) => UseWindows | undefined,
  isProgress: (salt: Hex) => boolean,
): ForeignBatch {
  const steps = new Map<Hex, ForeignStep>();
  for (const { receipt, sealed } of receipts) {
    const { channelId } = receipt;
    const known = steps.get(channelId);
    steps.set(channelId, {
      channelId,
      before: known?.before ?? receipt.previousReceiptHash,
      receipts: (known?.receipts ?? 0) + 1,
      lastSeq: receipt.seq,
      receiptHash: sealed.receiptHash,
      units: receipt.cumulativeUnits,
      windows: known === undefined ? windowsOf(channelId) : known.windows,
    });
  }
  return {
    epoch: batch.epoch,
    batch: batch.batch,
    root: batch.root,
    record: encodeBatchRecord(batch, signature, receipts),
    receiptHashes: Buffer.concat(receipts.map(({ sealed }) => sealed.hashBytes)),
    steps: [...steps.values()],
    keyUses: keyUses.map(({ apiKeySha256, units }) => Buffer.from(encodeKeyUse(apiKeySha256, units))),
    answers: answers.map(({ answer, signed }) => Buffer.concat(answer.encode(signed))),
    settled: receipts.flatMap(({ salt }) => (isProgress(salt) ? [salt] : [])),
  };
}
