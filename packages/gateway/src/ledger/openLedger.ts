import { BaseError, hashReceipt, type Hex, isSameAddress, type ProtocolDomain, type SignedReceipt } from '@kedge/core';
import { keccak256 } from '../crypto/hashers.js';
import type { OperatorKey } from '../crypto/operatorKey.js';
import type { StructuredLog } from '../structuredLog.js';
import { type BatchRecord, decodeBatchRecord, type LoggedReceipt } from './batchRecord.js';
import { type ChannelAccount, createChannelAccount } from './channelAccount.js';
import { type BatchName, createLedgerIndex } from './ledgerIndex.js';
import { nextEpoch } from './nextEpoch.js';
import { openRecordLog, type RecordLog } from './recordLog.js';
import { recordTypes } from './recordTypes.js';
import { type CommitInput, createReceiptBatcher } from './receiptBatcher.js';
import { noteUse } from './useWindows.js';
import { signedReceiptsOf } from './signedReceipts.js';

/** What another part keeps in the log, with where it lies. */
export type ForeignRecord = { readonly type: number; readonly payload: Buffer; readonly offset: number };

/** The gateway's one durable state: who was charged what, proven by receipts. Everything in it survives `kill -9`. */
export type Ledger = {
  /** Raised at every start, so that no two runs ever number a receipt alike (R15). */
  readonly epoch: bigint;
  readonly accountOf: (channelId: Hex) => ChannelAccount;
  readonly accounts: () => Iterable<ChannelAccount>;
  /** Numbers and chains the receipt now; resolves when it is on disk, signed (R13, R14). */
  readonly commit: (input: CommitInput) => Promise<SignedReceipt>;
  readonly receiptOf: (channelId: Hex, seq: bigint) => Promise<SignedReceipt | undefined>;
  /** A batch with its receipts' hashes, for anchoring. */
  readonly leavesOf: (name: BatchName) => Promise<{ readonly root: Hex; readonly receiptHashes: readonly Hex[] }>;
  /** Batches that no confirmed transaction anchors, in order. */
  readonly unanchored: () => readonly BatchName[];
  readonly markAnchored: (range: { epoch: bigint; firstBatch: bigint; lastBatch: bigint }) => void;
  readonly markUnanchored: (range: { epoch: bigint; firstBatch: bigint; lastBatch: bigint }) => void;
  readonly log: RecordLog;
  readonly close: () => Promise<void>;
};

export type LedgerOptions = {
  readonly path: string;
  readonly domain: ProtocolDomain;
  readonly operator: OperatorKey;
  readonly log: StructuredLog;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Records of other parts found at opening: transactions, stored answers. */
  readonly onForeignRecord: (record: ForeignRecord) => void;
  /** Receipts found at opening, by their salt. */
  readonly onReceipt?: (salt: Hex) => void;
  /** Calls that are served now. */
  readonly running: () => number;
  readonly onCommitted: (receipts: number) => void;
};

/**
 * Opens the ledger's log, recovers from it, and raises the epoch.
 * @throws BaseError `log_corrupt` (damage in the middle), `log_foreign` (another operator's or another chain's log).
 */
export async function openLedger(options: LedgerOptions): Promise<Ledger> {
  const { operator, domain, log } = options;
  const accounts = new Map<Hex, ChannelAccount>();
  const index = createLedgerIndex();
  const lastReceipts = new Map<Hex, LoggedReceipt>();
  const leaves = new Map<string, { root: Hex; receiptHashes: readonly Hex[] }>();
  let unanchored: BatchName[] = [];
  let lastEpoch = 0n;
  let hasHeader = false;

  const accountOf = (channelId: Hex): ChannelAccount => {
    let account = accounts.get(channelId);
    if (account === undefined) accounts.set(channelId, (account = createChannelAccount(channelId)));
    return account;
  };

  const records = await openRecordLog(
    options.path,
    ({ type, payload }, offset) => {
      if (type === recordTypes.header) {
        checkHeader(payload, operator, domain, options.path);
        hasHeader = true;
      } else if (type === recordTypes.epoch) lastEpoch = BigInt(payload.readUInt32BE(0));
      else if (type === recordTypes.batch) {
        const record = decodeBatchRecord(payload);
        index.add(record, { offset, length: payload.length });
        unanchored.push({ epoch: record.epoch, batch: record.batch });
        for (const entry of record.receipts) {
          const account = accountOf(entry.receipt.channelId);
          account.committedUnits = entry.receipt.cumulativeUnits;
          noteUse(account.windows, entry.receipt.units, Number(entry.receipt.issuedAt));
          lastReceipts.set(entry.receipt.channelId, entry);
          options.onReceipt?.(entry.salt);
        }
      } else options.onForeignRecord({ type, payload: Buffer.from(payload), offset });
    },
    log,
  );
  for (const [channelId, { receipt }] of lastReceipts) {
    const account = accountOf(channelId);
    account.lastSeq = receipt.seq;
    account.lastReceiptHash = hashReceipt(receipt, keccak256);
    account.durable = { units: receipt.cumulativeUnits, seq: receipt.seq, receiptHash: account.lastReceiptHash };
  }
  const epoch = nextEpoch(lastEpoch, options.now());
  if (!hasHeader) await records.append(recordTypes.header, [headerOf(operator, domain)]);
  const epochBytes = Buffer.alloc(4);
  epochBytes.writeUInt32BE(Number(epoch));
  await records.append(recordTypes.epoch, [epochBytes]);

  const batcher = createReceiptBatcher({
    epoch,
    operator,
    domain,
    records,
    running: options.running,
    onDurable: (record, place, receiptHashes) => {
      index.add(record, place);
      unanchored.push({ epoch: record.epoch, batch: record.batch });
      leaves.set(`${record.epoch}/${record.batch}`, { root: record.root, receiptHashes });
      record.receipts.forEach(({ receipt }, position) => {
        const receiptHash = receiptHashes[position];
        if (receiptHash === undefined) return;
        accountOf(receipt.channelId).durable = { units: receipt.cumulativeUnits, seq: receipt.seq, receiptHash };
      });
      options.onCommitted(record.receipts.length);
    },
  });

  const readBatch = async (place: { offset: number; length: number }): Promise<BatchRecord> =>
    decodeBatchRecord(await records.readAt(place.offset, place.length));

  return {
    epoch,
    accountOf,
    accounts: () => accounts.values(),
    commit: (input) => batcher.commit(accountOf(input.channelId), input),
    receiptOf: async (channelId, seq) => {
      const place = index.placeOfReceipt(channelId, seq);
      if (place === undefined) return undefined;
      const all = signedReceiptsOf(await readBatch(place), operator.address);
      return all.find(({ receipt }) => receipt.channelId === channelId && receipt.seq === seq);
    },
    leavesOf: async (name) => {
      const known = leaves.get(`${name.epoch}/${name.batch}`);
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
        if (anchored) leaves.delete(`${name.epoch}/${name.batch}`);
        return !anchored;
      });
    },
    markUnanchored: (range) => {
      const others = unanchored.filter((name) => !isIn(name, range));
      const back: BatchName[] = [];
      for (let batch = range.firstBatch; batch <= range.lastBatch; batch++) back.push({ epoch: range.epoch, batch });
      unanchored = [...others, ...back].toSorted((a, b) => Number(a.epoch - b.epoch) || Number(a.batch - b.batch));
    },
    log: records,
    close: async () => {
      await batcher.idle();
      await records.close();
    },
  };
}

function isIn(name: BatchName, range: { epoch: bigint; firstBatch: bigint; lastBatch: bigint }): boolean {
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
    hints: ['Give this gateway a dataDir of its own.'],
  });
}
