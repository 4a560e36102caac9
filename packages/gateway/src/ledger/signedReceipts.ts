import { type Address, hashReceipt, hexToBytes, type SignedReceipt } from '@kedge/core';
import { keccak256 } from '../crypto/hashers.js';
import type { BatchRecord } from './batchRecord.js';
import { receiptTree } from './receiptTree.js';

/** A batch's receipts as their holders get them. */
export function signedReceiptsOf(record: BatchRecord, signer: Address): SignedReceipt[] {
  const tree = receiptTree(record.receipts.map(({ receipt }) => hexToBytes(hashReceipt(receipt, keccak256))));
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
