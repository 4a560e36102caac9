import {
  domainSeparatorOf,
  type Hex,
  type Metric,
  type ProtocolDomain,
  type Receipt,
  receiptBatchDigest,
  seqOf,
  type SignedReceipt,
} from '@kedge/core';
import { keccak256 } from '../crypto/hashers.js';
import type { KeptAnswer } from '../idempotency/createIdempotency.js';
import { encodeKeyUse, type KeyAccount } from '../keys/keyAccounts.js';
import type { OperatorKey } from '../crypto/operatorKey.js';
import { type BatchRecord, encodeBatchRecord } from './batchRecord.js';
import type { ChannelAccount } from './channelAccount.js';
import type { BatchPlace } from './ledgerIndex.js';
import type { RecordLog } from './recordLog.js';
import { recordTypes } from './recordTypes.js';
import { receiptTree } from './receiptTree.js';
import { noteUse } from './useWindows.js';
import { type SealedReceipt, sealReceipt } from './sealReceipt.js';

/** One call that was served, ready to be charged. */
export type CommitInput = {
  readonly channelId: Hex;
  readonly tokenId: bigint;
  readonly classId: bigint;
  readonly policyHash: Hex;
  readonly requestHash: Hex;
  readonly responseHash: Hex;
  readonly metrics: readonly Metric[];
  readonly units: bigint;
  readonly salt: Hex;
  readonly issuedAt: bigint;
  /** Kept with the receipt, in the same flush: the answer to replay for an Idempotency-Key. */
  readonly answer?: KeptAnswer | undefined;
  /** Whether the policy caps what a channel uses within a time. */
  readonly hasWindows: boolean;
  /** The key that spent it, when its use is counted; written in the same flush. */
  readonly key?: KeyAccount | undefined;
};

type Pending = {
  readonly input: CommitInput;
  readonly sealed: SealedReceipt;
  readonly resolve: (receipt: SignedReceipt) => void;
  readonly reject: (error: unknown) => void;
};

// Signing and the disk cost about the same for one receipt as for many. So a batch waits for company while turns of the event
// loop still bring receipts: not for a call whose upstream works on it, which leaves the loop quiet, and never long.
const quietTurns = 4;
const longestWaitMs = 5;

export type ReceiptBatcher = {
  readonly commit: (account: ChannelAccount, input: CommitInput) => Promise<SignedReceipt>;
  readonly idle: () => Promise<void>;
};

/** Collects receipts while the log is busy, then builds, signs and writes them as one batch (R14). */
export function createReceiptBatcher(options: {
  readonly epoch: bigint;
  readonly operator: OperatorKey;
  readonly domain: ProtocolDomain;
  readonly records: RecordLog;
  /** Calls that are served now, those whose receipt is not durable yet included. */
  readonly running: () => number;
  readonly onDurable: (record: BatchRecord, place: BatchPlace, receiptHashes: readonly Hex[]) => void;
}): ReceiptBatcher {
  const { epoch, operator, records } = options;
  const separator = domainSeparatorOf(options.domain, keccak256);
  let pending: Pending[] = [];
  let flushing: Promise<void> | undefined;
  let waitsSince: number | undefined;
  let seen = 0;
  let quiet = 0;
  let lastBatch = 0n;

  const writeBatch = async (group: readonly Pending[]): Promise<void> => {
    try {
      const tree = receiptTree(group.map(({ sealed }) => sealed.hashBytes));
      const batch = { operator: operator.address, epoch, batch: ++lastBatch, root: tree.root };
      const signature = operator.signDigest(receiptBatchDigest(separator, batch, keccak256));
      const receipts = group.map(({ sealed, input }) => ({ sealed, receipt: sealed.receipt, salt: input.salt }));
      const signed = group.map(({ sealed, input }, index): SignedReceipt => ({
        receipt: sealed.receipt,
        batch,
        path: tree.pathOf(index),
        signature,
        signer: operator.address,
        salt: input.salt,
      }));
      const bytes = encodeBatchRecord(batch, signature, receipts);
      const durable = [records.append(recordTypes.batch, [bytes])];
      group.forEach(({ input }, index) => {
        const receipt = signed[index];
        if (input.key !== undefined) {
          durable.push(records.append(recordTypes.keyUse, [encodeKeyUse(input.key.apiKeySha256, input.units)]));
        }
        if (input.answer !== undefined && receipt !== undefined) {
          durable.push(keepAnswer(records, input.answer, receipt));
        }
      });
      const [offset] = await Promise.all(durable);
      const place = { offset: offset ?? 0, length: bytes.length };
      const hashes = group.map(({ sealed }) => sealed.receiptHash);
      options.onDurable({ epoch, batch: batch.batch, root: tree.root, signature, receipts }, place, hashes);
      group.forEach(({ resolve }, index) => resolve(signed[index] as SignedReceipt));
    } catch (error) {
      for (const { reject } of group) reject(error);
    }
  };

  const flush = (): void => {
    waitsSince = undefined;
    if (flushing !== undefined || pending.length === 0) return;
    const group = pending;
    pending = [];
    flushing = writeBatch(group).then(() => {
      flushing = undefined;
      schedule();
    });
  };

  const schedule = (): void => {
    if (flushing !== undefined || pending.length === 0) return;
    if (hasEnough()) return flush();
    if (waitsSince !== undefined) return;
    waitsSince = performance.now();
    seen = pending.length;
    quiet = 0;
    setImmediate(lookAgain);
  };

  const hasEnough = (): boolean => pending.length >= options.running();

  const lookAgain = (): void => {
    if (waitsSince === undefined) return;
    if (hasEnough() || performance.now() - waitsSince > longestWaitMs) return flush();
    if (pending.length > seen) quiet = 0;
    else if (++quiet >= quietTurns) return flush();
    seen = pending.length;
    setImmediate(lookAgain);
  };

  return {
    commit: (account, input) => {
      account.counter += 1n;
      account.committedUnits += input.units;
      if (input.key !== undefined) input.key.committedUnits += input.units;
      if (input.hasWindows) noteUse(account.windows, input.units, Number(input.issuedAt));
      const receipt: Receipt = {
        channelId: input.channelId,
        tokenId: input.tokenId,
        classId: input.classId,
        policyHash: input.policyHash,
        seq: seqOf(epoch, account.counter),
        requestHash: input.requestHash,
        responseHash: input.responseHash,
        metrics: input.metrics,
        units: input.units,
        cumulativeUnits: account.committedUnits,
        previousReceiptHash: account.lastReceiptHash,
        issuedAt: input.issuedAt,
      };
      const sealed = sealReceipt(receipt);
      account.lastSeq = receipt.seq;
      account.lastReceiptHash = sealed.receiptHash;
      return new Promise((resolve, reject) => {
        pending.push({ input, sealed, resolve, reject });
        schedule();
      });
    },
    idle: async () => {
      flush();
      await flushing;
      // What came meanwhile was scheduled when that flush ended; after the gateway stopped serving, nothing more comes.
      flush();
      await flushing;
    },
  };
}

async function keepAnswer(records: RecordLog, answer: KeptAnswer, receipt: SignedReceipt): Promise<number> {
  const payload = answer.encode(receipt);
  const offset = await records.append(recordTypes.answer, payload);
  answer.stored(
    offset,
    payload.reduce((sum, part) => sum + part.length, 0),
  );
  return offset;
}
