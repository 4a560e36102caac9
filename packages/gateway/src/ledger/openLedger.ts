import { dirname } from 'node:path';
import type { Hex, ProtocolDomain } from '@kedge/core';
import { makeFolder } from '@kedge/store/makeFolder';
import { createTransactionJournal } from '../capture/transactionJournal.js';
import type { OperatorKey } from '../crypto/operatorKey.js';
import { encodeKeyUse } from '../keys/keyAccounts.js';
import { encodeTopUpRecord } from '../topUps/topUpRecord.js';
import { encodeProgressRecord } from '../vouchers/progressRecord.js';
import { encodeVoucherRecord } from '../vouchers/voucherRecord.js';
import { encodeBatchRecord } from './batchRecord.js';
import { createChannelAccounts } from './channelAccount.js';
import { type BatchLeaves, createLeafCache } from './createLeafCache.js';
import type { ForeignBatch } from './foreignBatch.js';
import { maxPayloadBytes } from './frame.js';
import type { Ledger } from './ledger.js';
import type { LogRecord } from './groupFrame.js';
import type { IndexedBatch, LogPlace } from './ledgerIndex.js';
import { createLedgerRecovery, type RecoverySinks } from './ledgerRecovery.js';
import { checkHeader, epochBytesOf, headerOf } from './logHeader.js';
import { nextEpoch } from './nextEpoch.js';
import { type IndexedLogOptions, openIndexedLog } from './openIndexedLog.js';
import { readWrittenBatch } from './readWrittenBatch.js';
import { createReceiptBatcher, type SignedBatch } from './receiptBatcher.js';
import { recordTypes } from './recordTypes.js';
import { toHex } from './sealReceipt.js';
import { signedReceiptsOf } from './signedReceipts.js';
import { createUnanchoredBatches } from './unanchoredBatches.js';
import { copyWindows } from './useWindows.js';

/** A ledger in a log of its own, which also takes what other processes of this gateway signed. */
export type LogLedger = Ledger & {
  /** The epoch of one more process; durable when it resolves. */
  readonly raiseEpoch: () => Promise<bigint>;
  /**
   * Writes a batch that another process signed, with what belongs to it. Durable when it resolves.
   * @throws Error when it does not follow what the log has of its channels; nothing was written then.
   */
  readonly keepBatch: (batch: ForeignBatch) => Promise<void>;
  /** Writes records together. Durable when it resolves. */
  readonly keepRecords: (records: readonly KeptRecord[]) => Promise<void>;
};

/** A record of the log by its type. */
export type KeptRecord = readonly [type: number, payload: Uint8Array];

export type LedgerOptions = RecoverySinks &
  IndexedLogOptions & {
    readonly domain: ProtocolDomain;
    readonly operator: OperatorKey;
    /** Milliseconds since 1970. */
    readonly now: () => number;
    /** Calls that are served now. */
    readonly running: () => number;
    readonly onCommitted: (receipts: number) => void;
  };

/**
 * Opens the ledger's log, recovers from it, and raises the epoch.
 * @throws BaseError `log_corrupt` (damage in the middle), `log_foreign` (another operator's or another chain's log).
 */
export async function openLedger(options: LedgerOptions): Promise<LogLedger> {
  const { operator, domain, path } = options;
  makeFolder(dirname(path), 0o700);
  const leaves = createLeafCache();
  const journal = createTransactionJournal((type, payload) => records.append(type, [payload]));
  const unanchored = createUnanchoredBatches();
  let epoch = 0n;
  const accounts = createChannelAccounts(() => epoch);

  const onHeader = (payload: Buffer): void => checkHeader(payload, operator, domain, path);
  const { index, records, recovered, close } = await openIndexedLog(options, (index) =>
    createLedgerRecovery({ ...options, onHeader, accounts, index, unanchored, journal }),
  );
  const { hasHeader, topUps } = recovered;
  epoch = nextEpoch(recovered.lastEpoch, options.now());
  let lastEpoch = epoch;
  for (const account of accounts.all()) account.epoch = epoch;
  if (!hasHeader) await records.append(recordTypes.header, [headerOf(operator, domain)]);
  await records.append(recordTypes.epoch, [epochBytesOf(epoch)]);

  /** A batch that is on disk now. */
  const noteBatch = (batch: IndexedBatch, place: LogPlace, hashes: BatchLeaves): void => {
    const name = { epoch: batch.epoch, batch: batch.batch };
    index.add(batch, place);
    unanchored.add(name);
    leaves.add(name, hashes);
  };

  const write = async ({ batch, signature, receipts, answers, keyUses }: SignedBatch): Promise<void> => {
    const bytes = encodeBatchRecord(batch, signature, receipts);
    const kept = answers.map(({ answer, signed }) => answer.encode(signed));
    // In one frame: a charged receipt whose answer were not there would be charged again to who tries again.
    const [offset, ...offsets] = await records.appendAll([
      [recordTypes.batch, [bytes]],
      ...keyUses.map((use): LogRecord => [recordTypes.keyUse, [encodeKeyUse(use.apiKeySha256, use.units)]]),
      ...kept.map((payload): LogRecord => [recordTypes.answer, payload]),
    ]);
    answers.forEach(({ answer }, index) => {
      const length = kept[index]?.reduce((sum, part) => sum + part.length, 0);
      answer.onStored({ offset: offsets[keyUses.length + index] ?? 0, length: length ?? 0 });
    });
    const { epoch: of, batch: number, root } = batch;
    noteBatch(
      { epoch: of, batch: number, receipts: receipts.map(({ receipt }) => receipt) },
      { offset: offset ?? 0, length: bytes.length },
      { root, receiptHashes: receipts.map(({ sealed }) => sealed.receiptHash) },
    );
    for (const { receipt, sealed } of receipts) {
      const { cumulativeUnits: units, seq } = receipt;
      accounts.of(receipt.channelId).durable = { units, seq, receiptHash: sealed.receiptHash };
    }
    options.onCommitted(receipts.length);
  };

  const keepBatch = async (foreign: ForeignBatch): Promise<void> => {
    const { epoch: of, batch, root, record, receiptHashes, steps } = foreign;
    for (const { channelId, before } of steps) {
      // After a failure none follows, and the records below are refused for what is wrong.
      if (accounts.of(channelId).lastReceiptHash === before || records.failure() !== undefined) continue;
      throw new Error(`Batch ${batch} of epoch ${of} does not follow the last receipt of channel ${channelId}.`);
    }
    const [offset, ...rest] = await records.appendAll([
      [recordTypes.batch, [record]],
      ...foreign.keyUses.map((payload): LogRecord => [recordTypes.keyUse, [payload]]),
      ...foreign.answers.map((payload): LogRecord => [recordTypes.answer, [payload]]),
    ]);
    const receipts = steps.flatMap(({ channelId, lastSeq, receipts: count }) =>
      Array.from({ length: count }, (_, at) => ({ channelId, seq: lastSeq - BigInt(count - 1 - at) })),
    );
    const place = { offset: offset ?? 0, length: record.length };
    noteBatch({ epoch: of, batch, receipts }, place, { root, receiptHashes: hashesIn(receiptHashes) });
    for (const step of steps) {
      const account = accounts.of(step.channelId);
      account.committedUnits = step.units;
      account.lastSeq = step.lastSeq;
      account.lastReceiptHash = step.receiptHash;
      account.durable = { units: step.units, seq: step.lastSeq, receiptHash: step.receiptHash };
      if (step.windows !== undefined) copyWindows(account.windows, step.windows);
    }
    for (const payload of foreign.keyUses) options.onKeyUse(payload);
    const answersAt = rest.slice(foreign.keyUses.length);
    foreign.answers.forEach((payload, at) => {
      options.onAnswer(payload, { offset: answersAt[at] ?? 0, length: payload.length });
    });
    options.onCommitted(receipts.length);
  };

  const batcher = createReceiptBatcher({
    epoch,
    operator,
    domain,
    running: options.running,
    mostAnswerBytes: maxPayloadBytes / 2,
    write,
  });

  return {
    epoch,
    accountOf: accounts.of,
    load: nothing,
    placeOf: () => undefined,
    isHeld: () => true,
    isShared: false,
    exclusively: (_, work) => work(),
    inTurnToPay: (pay) => pay(),
    journal,
    durableOf: (channelId) => accounts.known(channelId)?.durable,
    usedUnits: async () => {
      const used = new Map<Hex, bigint>();
      for (const { channelId, durable } of accounts.all())
        if (durable !== undefined) used.set(channelId, durable.units);
      return used;
    },
    commit: (input) => batcher.commit(accounts.of(input.channelId), input),
    receiptOf: async (channelId, seq) => {
      const place = await index.placeOfReceipt(channelId, seq);
      if (place === undefined) return undefined;
      const { record, receiptHashes } = await readWrittenBatch(path, records, place);
      const all = signedReceiptsOf(record, operator.address, receiptHashes);
      return all.find(({ receipt }) => receipt.channelId === channelId && receipt.seq === seq);
    },
    leavesOf: async (name) => {
      const known = leaves.get(name);
      if (known !== undefined) return known;
      const place = await index.placeOfBatch(name);
      if (place === undefined) throw new Error(`The log has no batch ${name.batch} of epoch ${name.epoch}.`);
      const { record, receiptHashes } = await readWrittenBatch(path, records, place, name);
      return { root: record.root, receiptHashes };
    },
    unanchored: unanchored.names,
    markAnchored: (range) => unanchored.markAnchored(range).forEach(leaves.forget),
    markUnanchored: unanchored.markUnanchored,
    answers: { read: records.readAt, find: undefined },
    keepVoucher: async (signed, progress) => {
      await records.appendAll([
        ...progress.map((input): LogRecord => [recordTypes.progress, [encodeProgressRecord(input)]]),
        ...signed.map((each): LogRecord => [recordTypes.voucher, [encodeVoucherRecord(each)]]),
      ]);
    },
    keepTopUp: (record) => records.append(recordTypes.topUp, [encodeTopUpRecord(record)]),
    newTopUps: async () => topUps.splice(0),
    raiseEpoch: async () => {
      lastEpoch = nextEpoch(lastEpoch, options.now());
      const raised = lastEpoch;
      await records.append(recordTypes.epoch, [epochBytesOf(raised)]);
      return raised;
    },
    keepBatch,
    keepRecords: async (kept) => {
      await records.appendAll(kept.map(([type, payload]) => [type, [payload]]));
    },
    failure: records.failure,
    flushCount: records.flushCount,
    announce: nothing,
    handOver: nothing,
    close: async () => {
      await batcher.idle();
      await close();
    },
  };
}

const nothing = (): Promise<void> => Promise.resolve();

function hashesIn(bytes: Uint8Array): Hex[] {
  return Array.from({ length: bytes.length / 32 }, (_, index) => toHex(bytes.subarray(index * 32, index * 32 + 32)));
}
