import { type Hex, type Metric, metricLabels, type Receipt, type ReceiptBatch } from '@kedge/core';

/** A receipt with what its holder needs beside it, as one fsync batch holds it. */
export type LoggedReceipt = { readonly receipt: Receipt; readonly salt: Hex };

/** All receipts of one fsync batch, signed once (R14). */
export type BatchRecord = {
  readonly epoch: bigint;
  readonly batch: bigint;
  readonly root: Hex;
  readonly signature: Hex;
  readonly receipts: readonly LoggedReceipt[];
};

const headBytes = 4 + 8 + 32 + 65 + 4;
const fixedReceiptBytes = 32 + 32 + 32 + 32 + 8 + 32 + 32 + 8 + 8 + 32 + 8 + 32 + 1;
const metricBytes = 9;

/** The batch's bytes in the log: fixed fields, big-endian; a metric is its place in the registry and its amount. */
export function encodeBatchRecord(batch: ReceiptBatch, signature: Hex, receipts: readonly LoggedReceipt[]): Buffer {
  const metrics = receipts.reduce((sum, { receipt }) => sum + receipt.metrics.length, 0);
  const bytes = Buffer.allocUnsafe(headBytes + receipts.length * fixedReceiptBytes + metrics * metricBytes);
  let at = bytes.writeUInt32BE(Number(batch.epoch), 0);
  at = bytes.writeBigUInt64BE(batch.batch, at);
  at += bytes.write(batch.root.slice(2), at, 'hex');
  at += bytes.write(signature.slice(2), at, 'hex');
  at = bytes.writeUInt32BE(receipts.length, at);
  for (const { receipt, salt } of receipts) {
    at += bytes.write(receipt.channelId.slice(2), at, 'hex');
    at = writeUint256(bytes, at, receipt.tokenId);
    at = writeUint256(bytes, at, receipt.classId);
    at += bytes.write(receipt.policyHash.slice(2), at, 'hex');
    at = bytes.writeBigUInt64BE(receipt.seq, at);
    at += bytes.write(receipt.requestHash.slice(2), at, 'hex');
    at += bytes.write(receipt.responseHash.slice(2), at, 'hex');
    at = bytes.writeBigUInt64BE(receipt.units, at);
    at = bytes.writeBigUInt64BE(receipt.cumulativeUnits, at);
    at += bytes.write(receipt.previousReceiptHash.slice(2), at, 'hex');
    at = bytes.writeBigUInt64BE(receipt.issuedAt, at);
    at += bytes.write(salt.slice(2), at, 'hex');
    at = bytes.writeUInt8(receipt.metrics.length, at);
    for (const { metric, amount } of receipt.metrics) {
      at = bytes.writeUInt8(metricLabels.indexOf(metric), at);
      at = bytes.writeBigUInt64BE(amount, at);
    }
  }
  return bytes;
}

/** Reads back what {@link encodeBatchRecord} wrote. The log's checksum vouches for the bytes. */
export function decodeBatchRecord(bytes: Buffer): BatchRecord {
  let at = 0;
  const hex = (length: number): Hex => `0x${bytes.toString('hex', at, (at += length))}`;
  const uint64 = (): bigint => bytes.readBigUInt64BE((at += 8) - 8);
  const uint256 = (): bigint => BigInt(hex(32));
  const epoch = BigInt(bytes.readUInt32BE(at));
  at += 4;
  const batch = uint64();
  const root = hex(32);
  const signature = hex(65);
  const count = bytes.readUInt32BE(at);
  at += 4;
  const receipts: LoggedReceipt[] = [];
  for (let index = 0; index < count; index++) {
    const channelId = hex(32);
    const tokenId = uint256();
    const classId = uint256();
    const policyHash = hex(32);
    const seq = uint64();
    const requestHash = hex(32);
    const responseHash = hex(32);
    const units = uint64();
    const cumulativeUnits = uint64();
    const previousReceiptHash = hex(32);
    const issuedAt = uint64();
    const salt = hex(32);
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
  return { epoch, batch, root, signature, receipts };
}

function writeUint256(bytes: Buffer, at: number, value: bigint): number {
  for (let word = 192n; word >= 0n; word -= 64n) at = bytes.writeBigUInt64BE(BigInt.asUintN(64, value >> word), at);
  return at;
}
