import { BaseError } from './baseError.js';
import { bytesToHex, hexToBytes, writeHex, type Hasher, type Hex } from './hex.js';

export type MerkleTree = { readonly root: Hex; readonly pathOf: (index: number) => Hex[] };

/**
 * A Merkle tree that OpenZeppelin's `MerkleProof` verifies: the hash of a pair is keccak-256 of the two in ascending
 * order; a node without a neighbour moves up as it is. All nodes are in one buffer, level after level.
 *
 * @param leaves 32-byte values, already hashed by the caller (twice what they commit to), in order.
 *
 * @throws BaseError `merkle_empty`, `merkle_leaf_size`; `pathOf` throws `merkle_index`.
 *
 * @example
 * const { root, pathOf } = merkleTree(leaves, keccak256);
 */
export function merkleTree(leaves: readonly Uint8Array[], keccak256: Hasher): MerkleTree {
  if (leaves.length === 0) {
    throw new BaseError('A Merkle tree needs at least one leaf.', { code: 'merkle_empty', kind: 'bug' });
  }
  const levels = levelsOf(leaves.length);
  const last = levels[levels.length - 1]!;
  const nodes = new Uint8Array((last.start + 1) * 32);
  leaves.forEach((leaf, index) => {
    if (leaf.length !== 32) {
      throw new BaseError('A Merkle leaf is not 32 bytes long.', {
        code: 'merkle_leaf_size',
        kind: 'bug',
        values: { index, length: leaf.length },
      });
    }
    nodes.set(leaf, index * 32);
  });
  const pair = new Uint8Array(64);
  for (let level = 1; level < levels.length; level++) {
    const below = levels[level - 1]!;
    const { start, size } = levels[level]!;
    for (let index = 0; index < size; index++) {
      const left = (below.start + index * 2) * 32;
      const target = (start + index) * 32;
      if (index * 2 + 1 === below.size) nodes.copyWithin(target, left, left + 32);
      else nodes.set(hashPair(pair, nodes, left, nodes, left + 32, keccak256), target);
    }
  }
  return {
    root: bytesToHex(nodes.subarray(last.start * 32)),
    pathOf(index) {
      if (!Number.isInteger(index) || index < 0 || index >= leaves.length) {
        throw new BaseError('A Merkle tree has no leaf at that index.', {
          code: 'merkle_index',
          kind: 'bug',
          values: { index, leaves: leaves.length },
        });
      }
      const path: Hex[] = [];
      let position = index;
      for (const { start, size } of levels.slice(0, -1)) {
        const sibling = position ^ 1;
        if (sibling < size) path.push(bytesToHex(nodes.subarray((start + sibling) * 32, (start + sibling + 1) * 32)));
        position >>= 1;
      }
      return path;
    },
  };
}

/**
 * The root that a leaf and its path lead to, as OpenZeppelin's `MerkleProof.processProof` computes it.
 *
 * @example
 * const isUnderRoot = merkleRootFromPath(leaf, signed.path, keccak256) === signed.batch.root;
 */
export function merkleRootFromPath(leaf: Hex, path: readonly Hex[], keccak256: Hasher): Hex {
  const pair = new Uint8Array(64);
  const sibling = new Uint8Array(32);
  const node = hexToBytes(leaf);
  for (const step of path) {
    writeHex(sibling, 0, step, 32);
    node.set(hashPair(pair, node, 0, sibling, 0, keccak256));
  }
  return bytesToHex(node);
}

function levelsOf(leafCount: number): { start: number; size: number }[] {
  const levels = [{ start: 0, size: leafCount }];
  for (let start = leafCount, size = leafCount; size > 1;) {
    size = (size + 1) >> 1;
    levels.push({ start, size });
    start += size;
  }
  return levels;
}

function hashPair(
  pair: Uint8Array,
  left: Uint8Array,
  leftOffset: number,
  right: Uint8Array,
  rightOffset: number,
  keccak256: Hasher,
): Uint8Array {
  let index = 0;
  while (index < 31 && left[leftOffset + index] === right[rightOffset + index]) index++;
  const swapped = left[leftOffset + index]! > right[rightOffset + index]!;
  for (let byte = 0; byte < 32; byte++) {
    pair[(swapped ? 32 : 0) + byte] = left[leftOffset + byte]!;
    pair[(swapped ? 0 : 32) + byte] = right[rightOffset + byte]!;
  }
  return keccak256(pair);
}
