import { createHash, randomBytes } from 'node:crypto';
import {
  decodeSignedReceipt,
  encodeSignedReceipt,
  hashBody,
  hashReceipt,
  type Hex,
  hexToBytes,
  merkleTree,
  receiptLeaf,
} from '@kedge/core';
import { keccak256 as viemKeccak256 } from 'viem';
import { expect, test } from 'vitest';
import { receiptText } from '../src/call/receiptText.js';
import { keccak256 } from '../src/crypto/hashers.js';
import { hashSalted } from '../src/crypto/hashSalted.js';
import { decodeBatchRecord, encodeBatchRecord, type LoggedReceipt } from '../src/ledger/batchRecord.js';
import { receiptTree } from '../src/ledger/receiptTree.js';
import { sealReceipt } from '../src/ledger/sealReceipt.js';
import { signedReceiptsOf } from '../src/ledger/signedReceipts.js';
import { testPolicy } from './support/createTestSetup.js';
import { oracleTerms, signQuote } from './support/rateOracle.js';

// The hot path's own writers against core's, which are the contract.
const hex = (size: number): Hex => `0x${randomBytes(size).toString('hex')}`;
const operator = '0x70997970C51812dc3A010C7d01b50e0d17dc79C8';

const sha256 = (bytes: Uint8Array): Uint8Array => createHash('sha256').update(bytes).digest();

function randomReceipt(): LoggedReceipt {
  return {
    salt: hex(32),
    receipt: {
      channelId: hex(32),
      tokenId: BigInt(hex(32)),
      classId: BigInt(hex(8)),
      policyHash: hex(32),
      seq: BigInt(hex(7)),
      requestHash: hex(32),
      responseHash: hex(32),
      metrics: [
        { metric: 'input_tokens', amount: BigInt(hex(4)) },
        { metric: 'output_tokens', amount: 0n },
      ],
      units: BigInt(hex(8)),
      cumulativeUnits: BigInt(hex(8)),
      previousReceiptHash: hex(32),
      issuedAt: 1_700_000_000n,
    },
  };
}

test('keccak-256 is viem’s', () => {
  for (let size = 0; size < 300; size++) {
    const bytes = randomBytes(size);
    expect(Buffer.from(keccak256(bytes))).toEqual(Buffer.from(viemKeccak256(bytes, 'bytes')));
  }
});

test('R13: a receipt hashes as core hashes it, whichever came before', () => {
  const receipts = Array.from({ length: 30 }, () => randomReceipt().receipt);
  const [first] = receipts;
  for (const [index, receipt] of receipts.entries()) {
    const metrics = [
      { metric: 'input_tokens' as const, amount: BigInt(index % 3) + 4094n },
      { metric: 'images' as const, amount: (1n << 64n) - 1n },
    ].slice(0, index % 3);
    for (const next of [receipt, { ...receipt, metrics }, { ...receipt, channelId: first!.channelId }, first!]) {
      const sealed = sealReceipt(next);
      expect(sealed.receiptHash).toBe(hashReceipt(next, keccak256));
      expect(sealed.hashBytes).toEqual(hexToBytes(sealed.receiptHash));
    }
  }
});

test('R14: the tree of a batch is core’s, for every number of receipts', () => {
  for (let count = 1; count <= 40; count++) {
    const hashes = Array.from({ length: count }, () => hex(32));
    const expected = merkleTree(
      hashes.map((hash) => hexToBytes(receiptLeaf(hash, keccak256))),
      keccak256,
    );
    const tree = receiptTree(hashes.map((hash) => hexToBytes(hash)));
    expect(tree.root).toBe(expected.root);
    hashes.forEach((_, index) => expect(tree.pathOf(index)).toEqual(expected.pathOf(index)));
  }
});

test('R13: a batch comes back from the log as it went in; R17: its receipts are written as core writes them', () => {
  for (const count of [1, 2, 17]) {
    const receipts = Array.from({ length: count }, randomReceipt);
    const sealed = receipts.map(({ receipt, salt }) => ({ sealed: sealReceipt(receipt), salt }));
    const tree = receiptTree(sealed.map((entry) => entry.sealed.hashBytes));
    const record = { epoch: 3n, batch: 9n, root: tree.root, signature: hex(65), receipts };
    expect(decodeBatchRecord(encodeBatchRecord({ operator, ...record }, record.signature, sealed))).toEqual(record);
    for (const signed of signedReceiptsOf(record, operator))
      expect(receiptText(signed)).toBe(encodeSignedReceipt(signed));
  }
});

test('R13: the quotes that a batch is under come back with their receipts, each kept once', async () => {
  const policy = testPolicy(oracleTerms);
  const [first, second] = [await signQuote(policy), await signQuote(policy, { sequence: 2n })];
  const receipts = [first, second, undefined, first].map((rateQuote): LoggedReceipt => {
    const { receipt, salt } = randomReceipt();
    if (rateQuote === undefined) return { receipt, salt };
    const { policyHash, sequence } = rateQuote.quote;
    const metrics = [...receipt.metrics, { metric: 'rate_quote' as const, amount: sequence }];
    return { receipt: { ...receipt, policyHash, metrics }, salt, rateQuote };
  });
  const sealed = receipts.map((entry) => ({ ...entry, sealed: sealReceipt(entry.receipt) }));
  const tree = receiptTree(sealed.map((entry) => entry.sealed.hashBytes));
  const record = { epoch: 3n, batch: 9n, root: tree.root, signature: hex(65), receipts };
  const bytes = encodeBatchRecord({ operator, ...record }, record.signature, sealed);
  expect(decodeBatchRecord(bytes)).toEqual(record);
  expect(bytes.toString('latin1').split(first.signatures[0]!)).toHaveLength(2);
  for (const signed of signedReceiptsOf(record, operator)) {
    expect(receiptText(signed)).toBe(encodeSignedReceipt(signed));
    expect(decodeSignedReceipt(receiptText(signed))).toEqual(signed);
  }
});

test('R16: a salted hash is core’s', () => {
  const [salt, body] = [hex(32), randomBytes(1_000)];
  expect(hashSalted(salt, body)).toBe(hashBody(salt, body, sha256));
});
