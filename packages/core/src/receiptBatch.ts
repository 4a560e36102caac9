import { receiptBatchTypes, separatorOf, typedDigest, typeHashOf, type DomainOrSeparator } from './domain.js';
import { bytesToHex, hexToBytes, writeHex, type Address, type Hasher, type Hex } from './hex.js';
import { merkleTree, type MerkleTree } from './merkle.js';
import { writeUint } from './words.js';

/** The receipts of one fsync batch, under the Merkle root that the operator signs (R14). */
export type ReceiptBatch = {
  readonly operator: Address;
  /** uint32, though sequence numbers leave 24 bits for it. */
  readonly epoch: bigint;
  /** Counts from 1 for each operator and epoch. */
  readonly batch: bigint;
  readonly root: Hex;
};

const batchTypeHash = typeHashOf(receiptBatchTypes);

/**
 * EIP-712 digest of a batch: what the operator signs.
 *
 * @param domain The domain, or its separator computed once.
 *
 * @example
 * const digest = receiptBatchDigest(domain, signed.batch, keccak256);
 */
export function receiptBatchDigest(domain: DomainOrSeparator, batch: ReceiptBatch, keccak256: Hasher): Hex {
  const data = new Uint8Array(5 * 32);
  const view = new DataView(data.buffer);
  data.set(batchTypeHash(keccak256), 0);
  writeHex(data, 44, batch.operator, 20);
  writeUint(view, 64, batch.epoch, 32, 'epoch');
  writeUint(view, 96, batch.batch, 64, 'batch');
  writeHex(data, 128, batch.root, 32);
  return typedDigest(separatorOf(domain, keccak256), bytesToHex(keccak256(data)), keccak256);
}

/**
 * The tree whose root is anchored on chain (R16): one leaf a batch, its digest hashed once more, in the batches' order.
 *
 * @throws BaseError `merkle_empty` without a batch.
 *
 * @example
 * const { root } = receiptAnchorTree(domain, [signed.batch], keccak256);
 */
export function receiptAnchorTree(
  domain: DomainOrSeparator,
  batches: readonly ReceiptBatch[],
  keccak256: Hasher,
): MerkleTree {
  const separator = separatorOf(domain, keccak256);
  // Sliced: a hasher may answer in a buffer that it uses again.
  const leaves = batches.map((batch) => keccak256(hexToBytes(receiptBatchDigest(separator, batch, keccak256))).slice());
  return merkleTree(leaves, keccak256);
}
