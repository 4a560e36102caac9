import type { IndexerStatus } from '@kedge/core';
import { expect, test } from 'vitest';
import { lagText } from '../src/data/lagText.js';

const counts = { classes: 0, tokens: 0, channels: 0, receiptRoots: 0, accruals: 0 };
const status = (indexed: number | null, head: number | null, ready = true): IndexerStatus => ({
  chainId: 31337,
  indexed: indexed === null ? null : { blockNumber: indexed, at: 1_800_000_000 },
  head: head === null ? null : { blockNumber: head, at: 1_800_000_100 },
  lag: indexed === null || head === null ? null : head - indexed,
  ready,
  counts,
});

test('an index that has what the chain had when it was last asked is not behind', () => {
  expect(lagText(status(113, 113), 113)).toBeUndefined();
  expect(lagText(status(113, 120), 113)).toBeUndefined();
  expect(lagText(status(113, 120), undefined)).toBeUndefined();
});

test('one that has not is behind, and says by how much and as of when its figures are', () => {
  expect(lagText(status(84, 113), 100)).toMatch(/^The indexer has 29 blocks still to read\. .* block 84, .+\.$/);
  expect(lagText(status(112, 113, false), undefined)).toContain('has 1 block still to read');
  expect(lagText(status(113, 113, false), 113)).toContain('The indexer is still reading the chain. ');
  expect(lagText(status(null, 9, false), 9)).toBe('The indexer has 10 blocks still to read. Nothing is shown yet.');
});

test('an indexer that does not reach the chain says as of when its figures are', () => {
  expect(lagText(status(84, null), 113)).toMatch(/^The indexer cannot reach the chain now\. .* block 84, /);
});
