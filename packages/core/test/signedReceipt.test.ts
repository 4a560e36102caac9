import { describe, expect, test } from 'vitest';
import {
  decodeSignedReceipt,
  encodeReceiptLeaves,
  encodeSignedReceipt,
  parseReceiptLeaves,
  parseSignedReceipt,
  signedReceiptToJson,
  type Hex,
  type SignedReceipt,
} from '../src/index.js';
import * as examples from './examples.js';
import { address, bytes32, fc, keccak256, receipt, uint } from './fixture.js';

const signed: fc.Arbitrary<SignedReceipt> = fc.record({
  receipt,
  batch: fc.record({ operator: address, epoch: uint(32), batch: uint(64), root: bytes32 }),
  path: fc.array(bytes32, { maxLength: 8 }),
  signature: fc.tuple(bytes32, bytes32).map(([r, s]): Hex => `${r}${s.slice(2)}1b` as Hex),
  signer: address,
  salt: bytes32,
});

describe('signed receipts', () => {
  test('survive JSON and the header’s encoding', () => {
    fc.assert(
      fc.property(signed, (value) => {
        expect(parseSignedReceipt(JSON.parse(JSON.stringify(signedReceiptToJson(value))))).toEqual(value);
        const header = encodeSignedReceipt(value);
        expect(header).toMatch(/^[A-Za-z0-9_-]+$/);
        expect(decodeSignedReceipt(header)).toEqual(value);
        expect(JSON.parse(Buffer.from(header, 'base64url').toString())).toEqual(signedReceiptToJson(value));
      }),
    );
  });

  const example = signedReceiptToJson(fc.sample(signed, { numRuns: 1, seed: 7 })[0]!);

  test.each<[string, unknown, string]>([
    ['a number for an integer', { ...example, receipt: { ...example.receipt, units: 5 } }, 'receipt.units'],
    ['a leading zero', { ...example, receipt: { ...example.receipt, units: '05' } }, 'receipt.units'],
    ['a negative integer', { ...example, receipt: { ...example.receipt, units: '-5' } }, 'receipt.units'],
    [
      'units beyond uint64',
      { ...example, receipt: { ...example.receipt, units: (1n << 64n).toString() } },
      'receipt.units',
    ],
    ['a million digits', { ...example, receipt: { ...example.receipt, tokenId: '9'.repeat(1e6) } }, 'receipt.tokenId'],
    [
      'an unknown metric',
      { ...example, receipt: { ...example.receipt, metrics: [{ metric: 'x', amount: '1' }] } },
      'metrics',
    ],
    ['a short hash', { ...example, batch: { ...example.batch, root: '0x12' } }, 'batch.root'],
    ['an unknown field', { ...example, note: 'hi' }, 'note'],
    ['no salt', { ...example, salt: undefined }, 'salt'],
    ['a path without end', { ...example, path: Array.from({ length: 65 }, () => example.salt) }, 'path'],
  ])('%s is refused and named', (_, json, field) => {
    expect(() => parseSignedReceipt(json)).toThrow(
      expect.objectContaining({ code: 'receipt_invalid', message: expect.stringContaining(field) }),
    );
  });

  test.each(['', '!!!', 'bm90IGpzb24'])('%j is no encoded receipt', (text) => {
    expect(() => decodeSignedReceipt(text)).toThrow(expect.objectContaining({ code: 'receipt_invalid' }));
  });
});

describe('receipt leaves', () => {
  const { receipt: golden, merkle } = examples.vectors();
  const leaves = {
    operator: examples.channel.operator,
    epoch: 1n,
    batches: [{ batch: 1n, root: merkle.root, leaves: golden.hashes }],
  };

  test('R16: what is published is canonical JSON, holds the leaves, and no salt', () => {
    const text = encodeReceiptLeaves(leaves);
    expect(parseReceiptLeaves(JSON.parse(text), keccak256)).toEqual(leaves);
    expect(text).not.toContain(examples.salt.slice(2));
    expect(Object.keys(JSON.parse(text))).toEqual(['batches', 'epoch', 'format', 'operator']);
  });

  test('a batch whose leaves do not have its root is refused', () => {
    const other = { ...leaves, batches: [{ ...leaves.batches[0]!, leaves: golden.hashes.toReversed().slice(1) }] };
    expect(() => parseReceiptLeaves(JSON.parse(encodeReceiptLeaves(other)), keccak256)).toThrow(
      expect.objectContaining({ code: 'receipt_leaves_invalid', values: expect.objectContaining({ batch: 1n }) }),
    );
  });

  test('a batch without leaves is refused', () => {
    const empty = { ...leaves, batches: [{ ...leaves.batches[0]!, leaves: [] }] };
    expect(() => parseReceiptLeaves(JSON.parse(encodeReceiptLeaves(empty)), keccak256)).toThrow(
      expect.objectContaining({ code: 'receipt_leaves_invalid' }),
    );
  });
});
