import { describe, expect, test } from 'vitest';
import { concat, keccak256 as hashHex, type Hex } from 'viem';
import { bytesToHex, hexToBytes, merkleRootFromPath, merkleTree, receiptLeaf } from '../src/index.js';
import { bytes32, fc, keccak256 } from './fixture.js';

/** OpenZeppelin's Hashes.commutativeKeccak256. */
const pairOf = (left: Hex, right: Hex): Hex =>
  hashHex(BigInt(left) < BigInt(right) ? concat([left, right]) : concat([right, left]));

/** The same tree without cleverness: lists of lists. */
function naiveRoot(leaves: readonly Hex[]): Hex {
  if (leaves.length === 1) return leaves[0]!;
  const above: Hex[] = [];
  for (let index = 0; index < leaves.length; index += 2) {
    const right = leaves[index + 1];
    above.push(right === undefined ? leaves[index]! : pairOf(leaves[index]!, right));
  }
  return naiveRoot(above);
}

/** OpenZeppelin's MerkleProof.processProof. */
const processProof = (proof: readonly Hex[], leaf: Hex): Hex => proof.reduce(pairOf, leaf);

const leavesArbitrary = fc.array(bytes32, { minLength: 1, maxLength: 70 });

describe('merkleTree', () => {
  test('has the root of a naive tree, and every path verifies by OpenZeppelin’s rule', () => {
    fc.assert(
      fc.property(leavesArbitrary, (leaves) => {
        const tree = merkleTree(leaves.map(hexToBytes), keccak256);
        expect(tree.root).toBe(naiveRoot(leaves));
        for (const [index, leaf] of leaves.entries()) {
          const path = tree.pathOf(index);
          expect(path.length).toBeLessThanOrEqual(Math.ceil(Math.log2(leaves.length)));
          expect(processProof(path, leaf)).toBe(tree.root);
          expect(merkleRootFromPath(leaf, path, keccak256)).toBe(tree.root);
        }
      }),
      { numRuns: 60 },
    );
  });

  test('another leaf under a path leads to another root', () => {
    fc.assert(
      fc.property(leavesArbitrary, bytes32, fc.nat(), (leaves, stranger, pick) => {
        fc.pre(!leaves.includes(stranger));
        const tree = merkleTree(leaves.map(hexToBytes), keccak256);
        expect(merkleRootFromPath(stranger, tree.pathOf(pick % leaves.length), keccak256)).not.toBe(tree.root);
      }),
      { numRuns: 60 },
    );
  });

  test('one leaf is its own root with an empty path', () => {
    const leaf = bytesToHex(new Uint8Array(32).fill(9));
    const tree = merkleTree([hexToBytes(leaf)], keccak256);
    expect(tree.root).toBe(leaf);
    expect(tree.pathOf(0)).toEqual([]);
  });

  test('leaves in one shared buffer, and a hasher that answers in one, change nothing', () => {
    const buffer = new Uint8Array(5 * 32).map((_, index) => (index * 37) & 255);
    const leaves = Array.from({ length: 5 }, (_, index) => buffer.subarray(index * 32, index * 32 + 32));
    const shared = new Uint8Array(32);
    const intoShared = (bytes: Uint8Array) => (shared.set(keccak256(bytes)), shared);
    expect(merkleTree(leaves, intoShared).root).toBe(naiveRoot(leaves.map(bytesToHex)));
  });

  test('no leaves, a short leaf and a wrong index are refused', () => {
    expect(() => merkleTree([], keccak256)).toThrow(expect.objectContaining({ code: 'merkle_empty' }));
    expect(() => merkleTree([new Uint8Array(31)], keccak256)).toThrow(
      expect.objectContaining({ code: 'merkle_leaf_size', values: { index: 0, length: 31 } }),
    );
    const tree = merkleTree([new Uint8Array(32), new Uint8Array(32)], keccak256);
    for (const index of [-1, 2, 0.5]) {
      expect(() => tree.pathOf(index)).toThrow(expect.objectContaining({ code: 'merkle_index' }));
    }
  });

  test('R14: a leaf is the hash of the receipt hash, so an inner node is no leaf', () => {
    const receiptHash = bytesToHex(new Uint8Array(32).fill(3));
    expect(receiptLeaf(receiptHash, keccak256)).toBe(hashHex(receiptHash));
  });
});
