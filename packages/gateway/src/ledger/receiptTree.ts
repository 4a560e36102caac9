import type { Hex } from '@kedge/core';
import { keccak256 } from '../crypto/hashers.js';
import { toHex } from './sealReceipt.js';

/**
 * The Merkle tree over a batch's receipts: core's `merkleTree` over `receiptLeaf`s, held equal to it by a test, but on bytes
 * throughout and with every node's text made once. It runs for every batch, and its paths for every answer.
 */
export function receiptTree(receiptHashes: readonly Uint8Array[]): {
  readonly root: Hex;
  readonly pathOf: (index: number) => Hex[];
} {
  const levels: Uint8Array[][] = [receiptHashes.map((hash) => keccak256(hash))];
  const pair = Buffer.allocUnsafe(64);
  for (let below = levels[0] ?? []; below.length > 1; below = levels[levels.length - 1] ?? []) {
    const level: Uint8Array[] = [];
    for (let index = 0; index < below.length; index += 2) {
      const left = below[index] as Uint8Array;
      const right = below[index + 1];
      level.push(right === undefined ? left : hashPair(pair, left, right));
    }
    levels.push(level);
  }
  const texts = levels.map((level) => level.map(toHex));
  return {
    root: texts[texts.length - 1]?.[0] as Hex,
    pathOf: (index) => {
      const path: Hex[] = [];
      for (let level = 0, at = index; level < texts.length - 1; level++, at >>= 1) {
        const sibling = texts[level]?.[at ^ 1];
        if (sibling !== undefined) path.push(sibling);
      }
      return path;
    },
  };
}

function hashPair(pair: Buffer, left: Uint8Array, right: Uint8Array): Uint8Array {
  const isOrdered = Buffer.compare(left, right) <= 0;
  pair.set(left, isOrdered ? 0 : 32);
  pair.set(right, isOrdered ? 32 : 0);
  return keccak256(pair);
}
