import type { IndexerStatus } from '@kedge/core';
import { expect, test } from 'vitest';
import { untilIndexed } from '../src/data/untilIndexed.js';

/** How often an indexer is asked that answers so, in turn and then the last for ever. */
async function askedUntil(blockNumber: bigint, ...answers: readonly (number | null | Error)[]): Promise<number> {
  let asked = 0;
  const status = async (): Promise<IndexerStatus> => {
    const answer = answers[Math.min(asked, answers.length - 1)]!;
    asked += 1;
    if (answer instanceof Error) throw answer;
    return { indexed: answer === null ? null : { blockNumber: answer, at: 0 } } as IndexerStatus;
  };
  await untilIndexed(status, blockNumber, async () => {});
  return asked;
}

test('what was written in a block is waited for until the indexer has read it', async () => {
  expect(await askedUntil(7n, 7)).toBe(1);
  expect(await askedUntil(7n, null, new Error('away'), 6, 8)).toBe(4);
});

test('an indexer that stands still is not waited for without end', async () => {
  expect(await askedUntil(7n, 6)).toBeLessThan(100);
});
