import { type Hex, type Metric, type Receipt, receiptTypes } from '@kedge/core';
import { keccak256 } from '../crypto/hashers.js';

/** A receipt as its hash and the log take it. */
export type SealedReceipt = {
  readonly receipt: Receipt;
  readonly receiptHash: Hex;
  readonly hashBytes: Uint8Array;
  /** The twelve words of its EIP-712 data, without the type hash. */
  readonly words: Uint8Array;
};

/** How long {@link SealedReceipt.words} are. */
export const wordsLength = 12 * 32;

const typeHashOf = (type: string): Uint8Array => keccak256(Buffer.from(type));
const memberText = (members: readonly { readonly type: string; readonly name: string }[]): string =>
  members.map(({ type, name }) => `${type} ${name}`).join(',');
const metricType = `Metric(${memberText(receiptTypes.Metric)})`;
const receiptTypeHash = typeHashOf(`Receipt(${memberText(receiptTypes.Receipt)})${metricType}`);

// One receipt is sealed at a time, so these are written again and again; what never changes in them is written once.
const data = Buffer.alloc(32 + wordsLength);
data.set(receiptTypeHash, 0);
const numbers = new DataView(data.buffer, data.byteOffset, data.length);
const metricData = Buffer.alloc(3 * 32);
metricData.set(typeHashOf(metricType), 0);
const metricNumbers = new DataView(metricData.buffer, metricData.byteOffset, metricData.length);
let written: Pick<Receipt, 'channelId' | 'tokenId' | 'classId' | 'policyHash'> | undefined;
let last: SealedReceipt | undefined;

// A metric is a label and a number, mostly a small one, and hashes the same for every receipt.
const rememberedAmounts = 4096n;
const metricHashes = new Map<string, { readonly label: Uint8Array; readonly byAmount: (Uint8Array | undefined)[] }>();

/** Hashes as core's `hashReceipt` does, which a test holds it to. This runs for every answer, and receipts follow one another. */
export function sealReceipt(receipt: Receipt): SealedReceipt {
  const { channelId, tokenId, classId, policyHash } = receipt;
  if (
    written?.channelId !== channelId ||
    written.policyHash !== policyHash ||
    written.tokenId !== tokenId ||
    written.classId !== classId
  ) {
    written = { channelId, tokenId, classId, policyHash };
    writeHash(32, channelId);
    data.write(tokenId.toString(16).padStart(64, '0'), 64, 'hex');
    data.write(classId.toString(16).padStart(64, '0'), 96, 'hex');
    writeHash(128, policyHash);
  }
  numbers.setBigUint64(184, receipt.seq);
  writeHash(192, receipt.requestHash);
  writeHash(224, receipt.responseHash);
  data.set(hashMetrics(receipt.metrics), 256);
  numbers.setBigUint64(312, receipt.units);
  numbers.setBigUint64(344, receipt.cumulativeUnits);
  if (last?.receiptHash === receipt.previousReceiptHash) data.set(last.hashBytes, 352);
  else writeHash(352, receipt.previousReceiptHash);
  numbers.setBigUint64(408, receipt.issuedAt);
  const hashBytes = keccak256(data);
  const words = new Uint8Array(wordsLength);
  words.set(data.subarray(32));
  last = { receipt, receiptHash: toHex(hashBytes), hashBytes, words };
  return last;
}

/** The hash of a receipt, of its words as they were sealed. */
export function hashWords(words: Uint8Array): Hex {
  return toHex(keccak256(Buffer.concat([receiptTypeHash, words])));
}

/** 32 bytes as lower-case hexadecimal digits. */
export function toHex(bytes: Uint8Array): Hex {
  return `0x${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex')}`;
}

function hashMetrics(metrics: readonly Metric[]): Uint8Array {
  const hashes = new Uint8Array(metrics.length * 32);
  metrics.forEach((metric, index) => hashes.set(hashMetric(metric), index * 32));
  return keccak256(hashes);
}

function hashMetric({ metric, amount }: Metric): Uint8Array {
  let known = metricHashes.get(metric);
  if (known === undefined) metricHashes.set(metric, (known = { label: typeHashOf(metric), byAmount: [] }));
  const isRemembered = amount < rememberedAmounts;
  const before = isRemembered ? known.byAmount[Number(amount)] : undefined;
  if (before !== undefined) return before;
  metricData.set(known.label, 32);
  metricNumbers.setBigUint64(88, amount);
  const hash = keccak256(metricData);
  if (isRemembered) known.byAmount[Number(amount)] = hash;
  return hash;
}

function writeHash(at: number, hash: Hex): void {
  data.write(hash.slice(2), at, 32, 'hex');
}
