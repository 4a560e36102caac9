import { BaseError } from './baseError.js';
import { oncePerHasher, receiptTypes, typeHashOf } from './domain.js';
import { bytesToHex, hexToBytes, utf8, writeHex, type Hasher, type Hex } from './hex.js';
import type { Metric, MetricLabel } from './metrics.js';
import { writeUint } from './words.js';

/** The operator's final word on one call (R13): a hash chain per channel. */
export type Receipt = {
  readonly channelId: Hex;
  readonly tokenId: bigint;
  readonly classId: bigint;
  readonly policyHash: Hex;
  /** Epoch and counter: see {@link seqOf}. */
  readonly seq: bigint;
  readonly requestHash: Hex;
  readonly responseHash: Hex;
  readonly metrics: readonly Metric[];
  /** Base units of this call. */
  readonly units: bigint;
  /** Base units of the channel up to and with this call. */
  readonly cumulativeUnits: bigint;
  /** Receipt hash of the call before in the channel; zeros for the first. */
  readonly previousReceiptHash: Hex;
  /** Unix seconds. */
  readonly issuedAt: bigint;
};

const counterBits = 40n;
const epochMax = (1n << 24n) - 1n;
const counterMax = (1n << counterBits) - 1n;

/**
 * A receipt's or voucher's sequence number (R15): 24 bits of epoch above 40 bits of counter. A counter starts at 1 in
 * every epoch, so a takeover never repeats a number.
 *
 * @throws BaseError `seq_out_of_range`.
 *
 * @example
 * seqOf(2n, 1n); // 2199023255553n
 */
export function seqOf(epoch: bigint, counter: bigint): bigint {
  if (epoch < 0n || epoch > epochMax || counter < 0n || counter > counterMax) {
    throw new BaseError('A sequence number is outside of its range.', {
      code: 'seq_out_of_range',
      kind: 'bug',
      values: { epoch, epochMax, counter, counterMax },
    });
  }
  return (epoch << counterBits) | counter;
}

/** Epoch and counter of a sequence number. */
export function splitSeq(seq: bigint): { epoch: bigint; counter: bigint } {
  return { epoch: seq >> counterBits, counter: seq & counterMax };
}

const metricTypes = { Metric: receiptTypes.Metric };
const receiptTypeHash = typeHashOf(receiptTypes);
const metricTypeHash = typeHashOf(metricTypes);
const labelHashes = oncePerHasher(() => new Map<MetricLabel, Uint8Array>());

// One call hashes at a time and hashers keep nothing, so these buffers are reused: no allocation for each receipt.
const receiptData = new Uint8Array(13 * 32);
const receiptView = new DataView(receiptData.buffer);
const metricData = new Uint8Array(3 * 32);
const metricView = new DataView(metricData.buffer);

/**
 * EIP-712 struct hash of a receipt: the "receipt hash" that vouchers, chains and Merkle leaves use. A fixed-layout
 * encoder, held equal to viem's `hashStruct` by a test.
 *
 * @throws BaseError `integer_out_of_range`, `hex_invalid`.
 *
 * @example
 * const receiptHash = hashReceipt(receipt, keccak256);
 */
export function hashReceipt(receipt: Receipt, keccak256: Hasher): Hex {
  const data = receiptData;
  const view = receiptView;
  data.set(hashMetrics(receipt.metrics, keccak256), 256);
  data.set(receiptTypeHash(keccak256), 0);
  writeHex(data, 32, receipt.channelId, 32);
  writeUint(view, 64, receipt.tokenId, 256, 'tokenId');
  writeUint(view, 96, receipt.classId, 256, 'classId');
  writeHex(data, 128, receipt.policyHash, 32);
  writeUint(view, 160, receipt.seq, 64, 'seq');
  writeHex(data, 192, receipt.requestHash, 32);
  writeHex(data, 224, receipt.responseHash, 32);
  writeUint(view, 288, receipt.units, 64, 'units');
  writeUint(view, 320, receipt.cumulativeUnits, 64, 'cumulativeUnits');
  writeHex(data, 352, receipt.previousReceiptHash, 32);
  writeUint(view, 384, receipt.issuedAt, 64, 'issuedAt');
  return bytesToHex(keccak256(data));
}

function hashMetrics(metrics: readonly Metric[], keccak256: Hasher): Uint8Array {
  const labels = labelHashes(keccak256);
  const hashes = new Uint8Array(metrics.length * 32);
  for (let index = 0; index < metrics.length; index++) {
    const { metric, amount } = metrics[index]!;
    let label = labels.get(metric);
    if (label === undefined) labels.set(metric, (label = keccak256(utf8(metric)).slice()));
    metricData.set(metricTypeHash(keccak256), 0);
    metricData.set(label, 32);
    writeUint(metricView, 64, amount, 64, metric);
    hashes.set(keccak256(metricData), index * 32);
  }
  return keccak256(hashes);
}

/**
 * Leaf of a receipt in its batch's Merkle tree: the receipt hash, hashed once more, so that no inner node of a tree
 * can pass for a leaf.
 */
export function receiptLeaf(receiptHash: Hex, keccak256: Hasher): Hex {
  return bytesToHex(keccak256(hexToBytes(receiptHash)));
}

/**
 * Salted hash of a body's exact bytes (R16): sha256(salt ‖ body). Of a stream: its bytes without the receipt's
 * comment line and the line breaks that end it.
 *
 * @example
 * const requestHash = hashBody(signed.salt, utf8(text), sha256);
 */
export function hashBody(salt: Hex, body: Uint8Array, sha256: Hasher): Hex {
  const data = new Uint8Array(32 + body.length);
  writeHex(data, 0, salt, 32);
  data.set(body, 32);
  return bytesToHex(sha256(data));
}
