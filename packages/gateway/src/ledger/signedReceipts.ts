import {
  type Address,
  hashReceipt,
  type Hex,
  hexToBytes,
  merkleTree,
  receiptLeaf,
  type SignedReceipt,
} from '@kedge/core';
import { keccak256 } from '../crypto/hashers.js';
import type { BatchRecord } from './batchRecord.js';

/** The Merkle tree over a batch's receipts, in the batch's order. */
export function receiptTree(receiptHashes: readonly Hex[]): { root: Hex; pathOf: (index: number) => Hex[] } {
  return merkleTree(
    receiptHashes.map((receiptHash) => hexToBytes(receiptLeaf(receiptHash, keccak256))),
    keccak256,
  );
}

/** A batch's receipts as their holders get them. */
export function signedReceiptsOf(record: BatchRecord, signer: Address): SignedReceipt[] {
  const tree = receiptTree(record.receipts.map(({ receipt }) => hashReceipt(receipt, keccak256)));
  const batch = { operator: signer, epoch: record.epoch, batch: record.batch, root: record.root };
  return record.receipts.map(({ receipt, salt }, index) => ({
    receipt,
    batch,
    path: tree.pathOf(index),
    signature: record.signature,
    signer,
    salt,
  }));
}
