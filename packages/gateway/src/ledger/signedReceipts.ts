import { type Address, hashReceipt, type Hex, hexToBytes, type SignedReceipt } from '@kedge/core';
import { keccak256 } from '../crypto/hashers.js';
import type { BatchRecord } from './batchRecord.js';
import { receiptTree } from './receiptTree.js';

/** The hashes of a batch's receipts, in their order: what its tree is made of. */
export function receiptHashesOf({ receipts }: BatchRecord): Hex[] {
  return receipts.map(({ receipt }) => hashReceipt(receipt, keccak256));
}

/** A batch's receipts as their holders get them. */
export function signedReceiptsOf(
  record: BatchRecord,
  signer: Address,
  receiptHashes: readonly Hex[] = receiptHashesOf(record),
): SignedReceipt[] {
  const tree = receiptTree(receiptHashes.map(hexToBytes));
  const batch = { operator: signer, epoch: record.epoch, batch: record.batch, root: record.root };
  return record.receipts.map(({ receipt, salt, rateQuote }, index) => ({
    receipt,
    batch,
    path: tree.pathOf(index),
    signature: record.signature,
    signer,
    salt,
    ...(rateQuote === undefined ? {} : { rateQuote }),
  }));
}
