import {
  type Hex,
  type Metric,
  metricLabels,
  parseSignedRateQuote,
  type Receipt,
  type ReceiptBatch,
  type SignedRateQuote,
  signedRateQuoteToJson,
} from '@kedge/core';
import { type SealedReceipt, wordsLength } from './sealReceipt.js';

/** A receipt with what its holder needs beside it, as one fsync batch holds it. */
export type LoggedReceipt = {
  readonly receipt: Receipt;
  readonly salt: Hex;
  readonly rateQuote?: SignedRateQuote | undefined;
};

/** All receipts of one fsync batch, signed once (R14). */
export type BatchRecord = {
  readonly epoch: bigint;
  readonly batch: bigint;
  readonly root: Hex;
  readonly signature: Hex;
  readonly receipts: readonly LoggedReceipt[];
};

const headBytes = 4 + 8 + 32 + 65 + 4;
const fixedReceiptBytes = wordsLength + 32 + 1;
const metricBytes = 9;
// Where the fields of a receipt are in it: among its words.
const fieldAt = {
  channelId: 0,
  tokenId: 32,
  classId: 64,
  policyHash: 96,
  seq: 128,
  requestHash: 160,
  responseHash: 192,
  units: 256,
  cumulativeUnits: 288,
  previousReceiptHash: 320,
  issuedAt: 352,
};

/**
 * The batch's bytes in the log, big-endian: its own fields, then for each receipt the twelve words that are hashed (of the
 * metrics, their hash), its salt, and its metrics, each as its place in the registry and its amount. Last, where receipts are
 * under rate quotes, those quotes, each once, as a list in JSON.
 */
export function encodeBatchRecord(
  batch: ReceiptBatch,
  signature: Hex,
  receipts: readonly (Pick<LoggedReceipt, 'salt' | 'rateQuote'> & { readonly sealed: SealedReceipt })[],
): Buffer {
  const metrics = receipts.reduce((sum, { sealed }) => sum + sealed.receipt.metrics.length, 0);
  const bytes = Buffer.allocUnsafe(headBytes + receipts.length * fixedReceiptBytes + metrics * metricBytes);
  let at = bytes.writeUInt32BE(Number(batch.epoch), 0);
  at = bytes.writeBigUInt64BE(batch.batch, at);
  at += bytes.write(batch.root.slice(2), at, 'hex');
  at += bytes.write(signature.slice(2), at, 'hex');
  at = bytes.writeUInt32BE(receipts.length, at);
  for (const { sealed, salt } of receipts) {
    bytes.set(sealed.words, at);
    at += wordsLength;
    at += bytes.write(salt.slice(2), at, 'hex');
    at = bytes.writeUInt8(sealed.receipt.metrics.length, at);
    for (const { metric, amount } of sealed.receipt.metrics) {
      at = bytes.writeUInt8(metricLabels.indexOf(metric), at);
      at = bytes.writeBigUInt64BE(amount, at);
    }
  }
  const quotes = new Set<SignedRateQuote>();
  for (const { rateQuote } of receipts) if (rateQuote !== undefined) quotes.add(rateQuote);
  if (quotes.size === 0) return bytes;
  return Buffer.concat([bytes, Buffer.from(JSON.stringify([...quotes].map(signedRateQuoteToJson)))]);
}

/** What a start needs of one receipt. */
export type ReceiptUse = Pick<Receipt, 'channelId' | 'seq' | 'units' | 'cumulativeUnits' | 'issuedAt'> & {
  /** Where its words begin in the record's bytes. */
  readonly at: number;
};

/** A batch as far as a start reads it. */
export type BatchUse = Pick<BatchRecord, 'epoch' | 'batch'> & {
  readonly receipts: readonly ReceiptUse[];
  /** Where the last one ends. */
  readonly end: number;
};

/** How 32 bytes of a record are named. */
export type ReadHash = (bytes: Buffer, at: number) => Hex;

/** Reads back what {@link encodeBatchRecord} wrote. The log's checksum vouches for the bytes. */
export function decodeBatchRecord(bytes: Buffer): BatchRecord {
  const { end, ...use } = readBatchUse(bytes, hashAt);
  const receipts = use.receipts.map((receipt) => ({
    receipt: wholeReceipt(bytes, receipt),
    salt: saltAt(bytes, receipt),
  }));
  const record = { ...use, root: hashAt(bytes, 12), signature: hexAt(bytes, 44, 65), receipts };
  if (end === bytes.length) return record;
  const quotes = (JSON.parse(bytes.toString('utf8', end)) as unknown[]).map(parseSignedRateQuote);
  return { ...record, receipts: receipts.map((entry) => withQuote(entry, quotes)) };
}

/**
 * Reads of a record what a start needs, because a log holds millions of receipts. {@link decodeBatchRecord} goes on from it.
 * @param channelIdAt Names a channel; with {@link createHashNames} each name is made once.
 */
export function readBatchUse(bytes: Buffer, channelIdAt: ReadHash): BatchUse {
  const numbers = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const uint64Word = (at: number): bigint => numbers.getBigUint64(at + 24);
  const receipts: ReceiptUse[] = [];
  let at = headBytes;
  for (let left = numbers.getUint32(headBytes - 4); left > 0; left--) {
    receipts.push({
      channelId: channelIdAt(bytes, at + fieldAt.channelId),
      seq: uint64Word(at + fieldAt.seq),
      units: uint64Word(at + fieldAt.units),
      cumulativeUnits: uint64Word(at + fieldAt.cumulativeUnits),
      issuedAt: uint64Word(at + fieldAt.issuedAt),
      at,
    });
    at += fixedReceiptBytes + numbers.getUint8(at + fixedReceiptBytes - 1) * metricBytes;
  }
  return { epoch: BigInt(numbers.getUint32(0)), batch: numbers.getBigUint64(4), receipts, end: at };
}

/** Makes the text of each hash once, however often it is read: for hashes that repeat. */
export function createHashNames(): ReadHash {
  const names = new Map<string, Hex>();
  return (bytes, at) => {
    const key = bytes.toString('latin1', at, at + 32);
    let name = names.get(key);
    if (name === undefined) names.set(key, (name = hashAt(bytes, at)));
    return name;
  };
}

/** A receipt's twelve words, in the record's own memory. */
export function wordsOf(bytes: Buffer, { at }: ReceiptUse): Buffer {
  return bytes.subarray(at, at + wordsLength);
}

export function saltAt(bytes: Buffer, { at }: ReceiptUse): Hex {
  return hashAt(bytes, at + wordsLength);
}

function wholeReceipt(bytes: Buffer, { at, ...use }: ReceiptUse): Receipt {
  return {
    ...use,
    tokenId: BigInt(hashAt(bytes, at + fieldAt.tokenId)),
    classId: BigInt(hashAt(bytes, at + fieldAt.classId)),
    policyHash: hashAt(bytes, at + fieldAt.policyHash),
    requestHash: hashAt(bytes, at + fieldAt.requestHash),
    responseHash: hashAt(bytes, at + fieldAt.responseHash),
    // Their hash is among the words: they themselves follow.
    metrics: metricsAt(bytes, at + fixedReceiptBytes - 1),
    previousReceiptHash: hashAt(bytes, at + fieldAt.previousReceiptHash),
  };
}

function metricsAt(bytes: Buffer, at: number): Metric[] {
  return Array.from({ length: bytes.readUInt8(at) }, (_, index) => {
    const start = at + 1 + index * metricBytes;
    const metric = metricLabels[bytes.readUInt8(start)];
    if (metric === undefined) throw new RangeError('The log names a metric that this gateway does not know.');
    return { metric, amount: bytes.readBigUInt64BE(start + 1) };
  });
}

function hashAt(bytes: Buffer, at: number): Hex {
  return hexAt(bytes, at, 32);
}

function hexAt(bytes: Buffer, at: number, length: number): Hex {
  return `0x${bytes.toString('hex', at, at + length)}`;
}

function withQuote(entry: LoggedReceipt, quotes: readonly SignedRateQuote[]): LoggedReceipt {
  const { metrics, policyHash } = entry.receipt;
  const sequence = metrics.find(({ metric }) => metric === 'rate_quote')?.amount;
  if (sequence === undefined) return entry;
  const rateQuote = quotes.find(({ quote }) => quote.sequence === sequence && quote.policyHash === policyHash);
  return rateQuote === undefined ? entry : { ...entry, rateQuote };
}
