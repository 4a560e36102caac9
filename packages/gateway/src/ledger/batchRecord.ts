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

/** Reads back what {@link encodeBatchRecord} wrote. The log's checksum vouches for the bytes. */
export function decodeBatchRecord(bytes: Buffer): BatchRecord {
  let at = 0;
  const hex = (length: number): Hex => `0x${bytes.toString('hex', at, (at += length))}`;
  const uint64 = (): bigint => bytes.readBigUInt64BE((at += 8) - 8);
  const hash = (): Hex => hex(32);
  const word = (): bigint => BigInt(hex(32));
  const epoch = BigInt(bytes.readUInt32BE(at));
  at += 4;
  const batch = uint64();
  const root = hash();
  const signature = hex(65);
  const count = bytes.readUInt32BE(at);
  at += 4;
  const receipts: LoggedReceipt[] = [];
  for (let index = 0; index < count; index++) {
    const [channelId, tokenId, classId, policyHash] = [hash(), word(), word(), hash()];
    const [seq, requestHash, responseHash] = [word(), hash(), hash()];
    // The metrics' hash: they themselves follow.
    at += 32;
    const [units, cumulativeUnits, previousReceiptHash, issuedAt] = [word(), word(), hash(), word()];
    const salt = hash();
    const metrics: Metric[] = [];
    for (let left = bytes[at++] ?? 0; left > 0; left--) {
      const metric = metricLabels[bytes[at++] ?? 255];
      if (metric === undefined) throw new RangeError('The log names a metric that this gateway does not know.');
      metrics.push({ metric, amount: uint64() });
    }
    const receipt: Receipt = {
      channelId,
      tokenId,
      classId,
      policyHash,
      seq,
      requestHash,
      responseHash,
      metrics,
      units,
      cumulativeUnits,
      previousReceiptHash,
      issuedAt,
    };
    receipts.push({ receipt, salt });
  }
  if (at === bytes.length) return { epoch, batch, root, signature, receipts };
  const quotes = (JSON.parse(bytes.toString('utf8', at)) as unknown[]).map(parseSignedRateQuote);
  return { epoch, batch, root, signature, receipts: receipts.map((entry) => withQuote(entry, quotes)) };
}

function withQuote(entry: LoggedReceipt, quotes: readonly SignedRateQuote[]): LoggedReceipt {
  const { metrics, policyHash } = entry.receipt;
  const sequence = metrics.find(({ metric }) => metric === 'rate_quote')?.amount;
  if (sequence === undefined) return entry;
  const rateQuote = quotes.find(({ quote }) => quote.sequence === sequence && quote.policyHash === policyHash);
  return rateQuote === undefined ? entry : { ...entry, rateQuote };
}
