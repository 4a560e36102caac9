import { describe, expect, test } from 'vitest';
import {
  findEquivocations,
  hashReceipt,
  signedReceiptToAbi,
  zeroHash,
  type Receipt,
  type SignedReceipt,
} from '../src/index.js';
import { address, fc, keccak256, receipt } from './fixture.js';

const [operator, other] = fc.sample(address, { numRuns: 2, seed: 26 }) as [`0x${string}`, `0x${string}`];
const signed = (of: Receipt, by = operator): SignedReceipt => ({
  receipt: of,
  batch: { operator: by, epoch: 1n, batch: 1n, root: zeroHash },
  path: [],
  signature: '0x',
  signer: by,
  salt: zeroHash,
});

describe('findEquivocations', () => {
  test('R15: finds two contents of one number, in one channel of one operator, and nothing else', () => {
    fc.assert(
      fc.property(receipt, fc.bigInt(1n, (1n << 63n) - 1n), (one, units) => {
        const two = { ...one, units: one.units ^ units };
        const next = { ...two, seq: one.seq ^ 1n };
        const elsewhere = { ...two, channelId: zeroHash };
        const honest = [signed(one), signed(one), signed(next), signed(elsewhere), signed(two, other)];
        expect(findEquivocations(honest, keccak256)).toEqual([]);
        const found = findEquivocations(
          [...honest, signed(two), signed({ ...two, issuedAt: one.issuedAt ^ 1n })],
          keccak256,
        );
        expect(found).toEqual([{ channelId: one.channelId, seq: one.seq, first: signed(one), second: signed(two) }]);
        expect(hashReceipt(found[0]!.first.receipt, keccak256)).not.toBe(
          hashReceipt(found[0]!.second.receipt, keccak256),
        );
      }),
      { numRuns: 50 },
    );
  });

  test('the operator’s letter case makes no difference', () => {
    const [one] = fc.sample(receipt, { numRuns: 1, seed: 1 });
    const loud = `0x${operator.slice(2).toUpperCase()}` as const;
    const pair = [signed(one!), signed({ ...one!, issuedAt: one!.issuedAt ^ 1n }, loud)];
    expect(findEquivocations(pair, keccak256)).toHaveLength(1);
  });

  test('a receipt goes to the ABI with its metrics hashed', () => {
    const [one] = fc.sample(receipt, { numRuns: 1, seed: 2 });
    const abi = signedReceiptToAbi(signed({ ...one!, metrics: [{ metric: 'units', amount: 5n }] }), keccak256);
    expect(abi.receipt.metrics).toEqual([
      { metricType: '0x6ee7504b8b6b1f686066063d6ddcc2e2631964acb479aaf6090f46afb98a581d', amount: 5n },
    ]);
    expect(abi).toMatchObject({ epoch: 1, batch: 1n, path: [], signature: '0x' });
  });
});
