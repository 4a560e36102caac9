import { encodeAbiParameters, keccak256 as hashHex } from 'viem';
import { describe, expect, test } from 'vitest';
import {
  contributorLeaf,
  contributorTree,
  encodeContributors,
  merkleRootFromPath,
  parseContributors,
  type Contributor,
} from '../src/index.js';
import { address, fc, keccak256, uint } from './fixture.js';

const [ada, bob] = fc.sample(address, { numRuns: 2, seed: 24 }) as [Contributor['account'], Contributor['account']];
const contributor = fc.record({ account: address, weight: fc.bigInt(1n, (1n << 57n) - 1n) });

describe('contributors', () => {
  test('R24: a leaf is what abi.encode and two hashes make', () => {
    const words = [{ type: 'uint32' }, { type: 'address' }, { type: 'uint64' }] as const;
    fc.assert(
      fc.property(uint(32), address, uint(64), (index, account, weight) => {
        const expected = hashHex(hashHex(encodeAbiParameters(words, [Number(index), account, weight])));
        expect(contributorLeaf(Number(index), { account, weight }, keccak256)).toBe(expected);
      }),
    );
  });

  test('R24: every leaf proves itself under the root, and no other index does', () => {
    fc.assert(
      fc.property(fc.array(contributor, { minLength: 2, maxLength: 40 }), (contributors) => {
        const { root, totalWeight, proofOf } = contributorTree(contributors, keccak256);
        expect(totalWeight).toBe(contributors.reduce((sum, { weight }) => sum + weight, 0n));
        for (const index of contributors.keys()) {
          const leaf = proofOf(index);
          expect(leaf).toMatchObject({ index, ...contributors[index] });
          expect(merkleRootFromPath(contributorLeaf(index, leaf, keccak256), leaf.proof, keccak256)).toBe(root);
          expect(merkleRootFromPath(contributorLeaf(index + 1, leaf, keccak256), leaf.proof, keccak256)).not.toBe(root);
        }
      }),
      { numRuns: 40 },
    );
  });

  test('R24: 100,000 contributors have proofs of 17 hashes at most', () => {
    const contributors = Array.from({ length: 100_000 }, (_, index) => ({
      account: `0x${(index + 1).toString(16).padStart(40, '0')}` as const,
      weight: BigInt((index % 7) + 1),
    }));
    const { root, proofOf } = contributorTree(contributors, keccak256);
    for (const index of [0, 1, 65_535, 65_536, 99_999]) {
      const { proof } = proofOf(index);
      expect(proof.length).toBeLessThanOrEqual(17);
      expect(merkleRootFromPath(contributorLeaf(index, contributors[index]!, keccak256), proof, keccak256)).toBe(root);
    }
    expect(() => proofOf(100_000)).toThrow(expect.objectContaining({ code: 'merkle_index' }));
  });

  test('a list survives its blob, whatever the letter case of its addresses', () => {
    const contributors = [
      { account: ada, weight: 3n },
      { account: bob, weight: 1n },
    ];
    const blob = encodeContributors(contributors);
    expect(parseContributors(JSON.parse(blob))).toEqual(contributors);
    const loud = contributors.map(({ account, weight }) => ({
      account: `0x${account.slice(2).toUpperCase()}` as const,
      weight,
    }));
    expect(encodeContributors(loud)).toBe(blob);
    expect(contributorTree(loud, keccak256).root).toBe(contributorTree(contributors, keccak256).root);
  });

  test.each<[string, () => unknown]>([
    ['an empty list', () => contributorTree([], keccak256)],
    ['a weight of zero', () => contributorTree([{ account: ada, weight: 0n }], keccak256)],
    [
      'weights that sum to 2^64',
      () =>
        contributorTree(
          [
            { account: ada, weight: (1n << 64n) - 1n },
            { account: bob, weight: 1n },
          ],
          keccak256,
        ),
    ],
    [
      'a blob of another format',
      () => parseContributors({ format: 'x', contributors: [{ account: ada, weight: '1' }] }),
    ],
    [
      'a blob with a number',
      () => parseContributors({ format: 'kedge-contributors/1', contributors: [{ account: ada, weight: 1 }] }),
    ],
  ])('%s is refused', (_, make) => {
    expect(make).toThrow(expect.objectContaining({ code: 'contributors_invalid' }));
  });
});
