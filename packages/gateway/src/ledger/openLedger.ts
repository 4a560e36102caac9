import {
  BaseError,
  hashReceipt,
  type Hex,
  isSameAddress,
  type ProtocolDomain,
  type SignedReceipt,
  type SignedVoucher,
} from '@kedge/core';
import { keccak256 } from '../crypto/hashers.js';
import { type BatchRange, createTransactionJournal, type TransactionJournal } from '../capture/transactionJournal.js';
import type { OperatorKey } from '../crypto/operatorKey.js';
import { encodeKeyUse } from '../keys/keyAccounts.js';
import type { AnswerStore } from '../idempotency/createIdempotency.js';
import type { StructuredLog } from '../structuredLog.js';
import { encodeProgressRecord } from '../vouchers/progressRecord.js';
import { encodeTopUpRecord, type TopUpRecord } from '../topUps/topUpRecord.js';
import type { RecoverVoucher } from '../vouchers/createVoucherBook.js';
import { encodeVoucherRecord } from '../vouchers/voucherRecord.js';
import {
  type BatchRecord,
  createHashNames,
  decodeBatchRecord,
  encodeBatchRecord,
  readBatchUse,
  saltAt,
  wordsOf,
} from './batchRecord.js';
import { type ChannelAccount, createChannelAccount } from './channelAccount.js';
import { type BatchLeaves, createLeafCache } from './createLeafCache.js';
import { maxPayloadBytes } from './frame.js';
import { type BatchName, createLedgerIndex } from './ledgerIndex.js';
import { nextEpoch } from './nextEpoch.js';
import { type LogRecord, openRecordLog } from './recordLog.js';
import { recordTypes } from './recordTypes.js';
import { type CommitInput, createReceiptBatcher, type SignedBatch } from './receiptBatcher.js';
import type { ForeignBatch } from './foreignBatch.js';
import { hashWords, toHex } from './sealReceipt.js';
import { copyWindows, noteUse } from './useWindows.js';
import { signedReceiptsOf } from './signedReceipts.js';

/** What of a channel is durable: vouchers are made for this and nothing later. */
export type DurableHead = { readonly units: bigint; readonly seq: bigint; readonly receiptHash: Hex };

/** Where a channel is served. Without `url`: nobody can be asked now, and later the answer is another. */
export type ChannelElsewhere = { readonly url: string | undefined };

/** What captures need of a ledger. */
export type CaptureLedger = {
  /** Whether other gateways write to it: then there may be work that this one did not make. */
  readonly isShared: boolean;
  /** One gateway at a time captures: runs `work` alone, on what the ledger holds by then. */
  readonly exclusively: <T>(work: () => Promise<T>) => Promise<T>;
  /** One gateway at a time sends a payment. @throws when its turn does not come. */
  readonly inTurnToPay: <T>(pay: () => Promise<T>) => Promise<T>;
  readonly journal: TransactionJournal;
  readonly durableOf: (channelId: Hex) => DurableHead | undefined;
  /** A batch with its receipts' hashes, for anchoring. */
  readonly leavesOf: (name: BatchName) => Promise<BatchLeaves>;
  /** Batches that no confirmed transaction anchors, in order. */
  readonly unanchored: () => readonly BatchName[];
  readonly markAnchored: (range: BatchRange) => void;
  readonly markUnanchored: (range: BatchRange) => void;
};

/** What serving calls needs of a ledger. */
export type ServingLedger = Pick<CaptureLedger, 'isShared'> & {
  /** Raised at every start, so that no two runs ever name a batch alike, nor number a receipt alike (R15). */
  readonly epoch: bigint;
  /** The same object whenever it is asked for. What it says is true while the channel is served here. */
  readonly accountOf: (channelId: Hex) => ChannelAccount;
  /** Makes the account say what is durable, for a channel that need not be served here. */
  readonly load: (channelId: Hex) => Promise<void>;
  /** Undefined: the channel is served here. Else it is found out, or taken over. */
  readonly placeOf: (channelId: Hex) => undefined | Promise<ChannelElsewhere | undefined>;
  /** Whether the channel is served here, as far as is known without asking. */
  readonly isHeld: (channelId: Hex) => boolean;
  /** Numbers and chains the receipt now; resolves when it is durable, signed (R13, R14). */
  readonly commit: (input: CommitInput) => Promise<SignedReceipt>;
  readonly receiptOf: (channelId: Hex, seq: bigint) => Promise<SignedReceipt | undefined>;
  readonly answers: AnswerStore;
  /** Durable when it resolves, with what the channel's running streams come to. */
  readonly keepVoucher: (signed: readonly SignedVoucher[], progress: readonly CommitInput[]) => Promise<void>;
  /** Durable when it resolves: a payment that is about to be sent, or a channel that it opened. */
  readonly keepTopUp: (record: TopUpRecord) => Promise<unknown>;
  /** Records of payments that came to be known since it was called last: at first, of all earlier runs. */
  readonly newTopUps: () => Promise<readonly Uint8Array[]>;
  /** Why nothing can be recorded now. */
  readonly failure: () => unknown;
  readonly flushCount: () => number;
  /** Says where other gateways reach this one. */
  readonly announce: (url: string) => Promise<void>;
  /** No call runs any more: others may serve its channels from now on. */
  readonly handOver: () => Promise<void>;
  readonly close: () => Promise<void>;
};

/** The gateway's one durable state: who was charged what, proven by receipts. Everything in it survives `kill -9`. */
export type Ledger = CaptureLedger & ServingLedger;

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

export type LedgerOptions = {
  readonly path: string;
  readonly domain: ProtocolDomain;
  readonly operator: OperatorKey;
  readonly log: StructuredLog;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** False once the folder is another process's: nothing is written any more. */
  readonly isHeld?: () => boolean;
  /** Receipts found at opening, by their salt: those that come after the progress of a stream. */
  readonly onReceipt?: (salt: Hex) => void;
  /** A stored answer found at opening. */
  readonly onAnswer: (payload: Buffer, offset: number) => void;
  /** A voucher, or what a stream came to when there was one. */
  readonly onVoucher: RecoverVoucher;
  /** What a key spent. */
  readonly onKeyUse: (payload: Buffer) => void;
  /** Calls that are served now. */
  readonly running: () => number;
  readonly onCommitted: (receipts: number) => void;
};

/**
 * Opens the ledger's log, recovers from it, and raises the epoch.
 * @throws BaseError `log_corrupt` (damage in the middle), `log_foreign` (another operator's or another chain's log).
 */
export async function openLedger(options: LedgerOptions): Promise<LogLedger> {
  const { operator, domain, log } = options;
  const accounts = new Map<Hex, ChannelAccount>();
  const index = createLedgerIndex();
  const lastWords = new Map<Hex, Buffer>();
  const channelIdAt = createHashNames();
  const leaves = createLeafCache();
  const journal = createTransactionJournal((type, payload) => records.append(type, [payload]));
  const anchored = new Map<string, BatchRange>();
  const topUps: Buffer[] = [];
  let unanchored: BatchName[] = [];
  let lastEpoch = 0n;
  let epoch = 0n;
  let hasHeader = false;
  let hasProgress = false;

  const accountOf = (channelId: Hex): ChannelAccount => {
    let account = accounts.get(channelId);
    if (account === undefined) accounts.set(channelId, (account = createChannelAccount(channelId, epoch)));
    return account;
  };

  const committedOf = (channelId: Hex): bigint => accounts.get(channelId)?.committedUnits ?? 0n;
  const records = await openRecordLog(
    options.path,
    ({ type, payload }, offset) => {
      if (type === recordTypes.header) {
        checkHeader(payload, operator, domain, options.path);
        hasHeader = true;
      } else if (type === recordTypes.epoch) lastEpoch = BigInt(payload.readUInt32BE(0));
      else if (type === recordTypes.batch) {
        const { epoch, batch, receipts } = readBatchUse(payload, channelIdAt);
        index.add({ epoch, batch, receipts }, { offset, length: payload.length });
        unanchored.push({ epoch, batch });
        for (const receipt of receipts) {
          const { channelId, seq, units, cumulativeUnits, issuedAt } = receipt;
          const account = accountOf(channelId);
          account.committedUnits = cumulativeUnits;
          account.lastSeq = seq;
          noteUse(account.windows, units, Number(issuedAt));
          copyWords(lastWords, channelId, wordsOf(payload, receipt));
          if (hasProgress) options.onReceipt?.(saltAt(payload, receipt));
        }
      } else if (type === recordTypes.answer) options.onAnswer(Buffer.from(payload), offset);
      else if (type === recordTypes.voucher || type === recordTypes.progress) {
        hasProgress ||= type === recordTypes.progress;
        options.onVoucher(type, payload, committedOf);
      } else if (type === recordTypes.keyUse) options.onKeyUse(payload);
      else if (type === recordTypes.topUp) topUps.push(Buffer.from(payload));
      else {
        const ended = journal.recover(type, payload);
        for (const range of ended?.anchors ?? []) {
          const key = `${range.epoch}/${range.firstBatch}`;
          if (ended?.state === 'confirmed') anchored.set(key, range);
          else anchored.delete(key);
        }
      }
    },
    log,
    options.isHeld,
  );
  unanchored = withoutRanges(unanchored, [...anchored.values()]);
  for (const [channelId, words] of lastWords) {
    const account = accountOf(channelId);
    account.lastReceiptHash = hashWords(words);
    account.durable = { units: account.committedUnits, seq: account.lastSeq, receiptHash: account.lastReceiptHash };
  }
  epoch = nextEpoch(lastEpoch, options.now());
  for (const account of accounts.values()) account.epoch = epoch;
  if (!hasHeader) await records.append(recordTypes.header, [headerOf(operator, domain)]);
  lastEpoch = epoch;
  await records.append(recordTypes.epoch, [epochBytesOf(epoch)]);

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
      answer.stored(offsets[keyUses.length + index] ?? 0, length ?? 0);
    });
    const { root } = batch;
    const name = { epoch: batch.epoch, batch: batch.batch };
    index.add(
      { ...name, receipts: receipts.map(({ receipt }) => receipt) },
      { offset: offset ?? 0, length: bytes.length },
    );
    unanchored.push(name);
    leaves.add(name, { root, receiptHashes: receipts.map(({ sealed }) => sealed.receiptHash) });
    for (const { receipt, sealed } of receipts) {
      const { cumulativeUnits: units, seq } = receipt;
      accountOf(receipt.channelId).durable = { units, seq, receiptHash: sealed.receiptHash };
    }
    options.onCommitted(receipts.length);
  };

  const keepBatch = async (foreign: ForeignBatch): Promise<void> => {
    const { epoch: of, batch, root, record, receiptHashes, steps } = foreign;
    for (const { channelId, before } of steps) {
      if (accountOf(channelId).lastReceiptHash === before) continue;
      throw new Error(`Batch ${batch} of epoch ${of} does not follow the last receipt of channel ${channelId}.`);
    }
    const [offset, ...rest] = await records.appendAll([
      [recordTypes.batch, [record]],
      ...foreign.keyUses.map((payload): LogRecord => [recordTypes.keyUse, [payload]]),
      ...foreign.answers.map((payload): LogRecord => [recordTypes.answer, [payload]]),
    ]);
    const receipts = steps.flatMap(({ channelId, lastSeq, receipts: count }) =>
      Array.from({ length: count }, (_, index) => ({ channelId, seq: lastSeq - BigInt(index) })),
    );
    const name = { epoch: of, batch };
    index.add({ ...name, receipts }, { offset: offset ?? 0, length: record.length });
    unanchored.push(name);
    leaves.add(name, { root, receiptHashes: hashesIn(receiptHashes) });
    for (const step of steps) {
      const account = accountOf(step.channelId);
      account.committedUnits = step.units;
      account.lastSeq = step.lastSeq;
      account.lastReceiptHash = step.receiptHash;
      account.durable = { units: step.units, seq: step.lastSeq, receiptHash: step.receiptHash };
      if (step.windows !== undefined) copyWindows(account.windows, step.windows);
    }
    for (const payload of foreign.keyUses) options.onKeyUse(payload);
    const answersAt = rest.slice(foreign.keyUses.length);
    foreign.answers.forEach((payload, at) => options.onAnswer(payload, answersAt[at] ?? 0));
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

  const readBatch = async (place: { offset: number; length: number }): Promise<BatchRecord> =>
    decodeBatchRecord(await records.readAt(place.offset, place.length));

  return {
    epoch,
    accountOf,
    load: nothing,
    placeOf: () => undefined,
    isHeld: () => true,
    isShared: false,
    exclusively: (work) => work(),
    inTurnToPay: (pay) => pay(),
    journal,
    durableOf: (channelId) => accounts.get(channelId)?.durable,
    commit: (input) => batcher.commit(accountOf(input.channelId), input),
    receiptOf: async (channelId, seq) => {
      const place = index.placeOfReceipt(channelId, seq);
      if (place === undefined) return undefined;
      const all = signedReceiptsOf(await readBatch(place), operator.address);
      return all.find(({ receipt }) => receipt.channelId === channelId && receipt.seq === seq);
    },
    leavesOf: async (name) => {
      const known = leaves.get(name);
      if (known !== undefined) return known;
      const place = index.placeOfBatch(name);
      if (place === undefined) throw new Error(`The log has no batch ${name.batch} of epoch ${name.epoch}.`);
      const { root, receipts } = await readBatch(place);
      return { root, receiptHashes: receipts.map(({ receipt }) => hashReceipt(receipt, keccak256)) };
    },
    unanchored: () => unanchored,
    markAnchored: (range) => {
      unanchored = unanchored.filter((name) => {
        const anchored = isIn(name, range);
        if (anchored) leaves.forget(name);
        return !anchored;
      });
    },
    markUnanchored: (range) => {
      const others = unanchored.filter((name) => !isIn(name, range));
      const back: BatchName[] = [];
      for (let batch = range.firstBatch; batch <= range.lastBatch; batch++) back.push({ epoch: range.epoch, batch });
      unanchored = [...others, ...back].toSorted((a, b) => Number(a.epoch - b.epoch) || Number(a.batch - b.batch));
    },
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
      await records.close();
    },
  };
}

function copyWords(lastWords: Map<Hex, Buffer>, channelId: Hex, words: Buffer): void {
  const kept = lastWords.get(channelId);
  if (kept === undefined) lastWords.set(channelId, Buffer.from(words));
  else kept.set(words);
}

const nothing = (): Promise<void> => Promise.resolve();

function epochBytesOf(epoch: bigint): Uint8Array {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(Number(epoch));
  return bytes;
}

function hashesIn(bytes: Uint8Array): Hex[] {
  return Array.from({ length: bytes.length / 32 }, (_, index) => toHex(bytes.subarray(index * 32, index * 32 + 32)));
}

/** What was anchored one after another becomes one range, so that few are left of a log's millions of batches. */
function withoutRanges(names: readonly BatchName[], ranges: readonly BatchRange[]): BatchName[] {
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

const logFormat = 'kedge-gateway-log/2';

function headerOf(operator: OperatorKey, domain: ProtocolDomain): Uint8Array {
  const { chainId, verifyingContract } = domain;
  return Buffer.from(JSON.stringify({ format: logFormat, operator: operator.address, chainId, verifyingContract }));
}

function checkHeader(payload: Buffer, operator: OperatorKey, domain: ProtocolDomain, path: string): void {
  const header = JSON.parse(payload.toString()) as {
    format: string;
    operator: string;
    chainId: number;
    verifyingContract: string;
  };
  const isOurs =
    header.format === logFormat &&
    isSameAddress(header.operator, operator.address) &&
    header.chainId === domain.chainId &&
    isSameAddress(header.verifyingContract, domain.verifyingContract);
  if (isOurs) return;
  throw new BaseError('The ledger log is in another format, or belongs to another operator, chain or contract.', {
    code: 'log_foreign',
    values: { path, ...header, ownFormat: logFormat, ownOperator: operator.address, ownChainId: domain.chainId },
    hints: ['Give this gateway a dataDir of its own, or start it for the operator that the log belongs to.'],
  });
}
