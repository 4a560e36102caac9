import type { ReceiptCheck } from '@kedge/core';
import { expect, test } from 'vitest';
import { checkUntilAnchored, type ReceiptNews } from '../src/pages/try/checkUntilAnchored.js';

const good = (name: ReceiptCheck['name']): ReceiptCheck => ({ index: 0, name, ok: true, detail: '' });
const early = [good('signature')];
const anchored = [good('signature'), good('anchor')];

/** What is heard of a receipt whose checks come so, the last of them for ever, and the pauses between them. */
async function follow(...answers: readonly (readonly ReceiptCheck[] | Error)[]) {
  const news: ReceiptNews[] = [];
  const pauses: number[] = [];
  const check = async (): Promise<readonly ReceiptCheck[]> => {
    const answer = answers[Math.min(news.length, answers.length - 1)]!;
    if (answer instanceof Error) throw answer;
    return answer;
  };
  await checkUntilAnchored(
    check,
    (heard) => void news.push(heard),
    async (pause) => void pauses.push(pause),
  );
  return { news, pauses };
}

test('a receipt is checked until its batch is on chain, and then no more', async () => {
  const { news, pauses } = await follow(early, new Error('the chain is away'), anchored);
  expect(news).toMatchObject([
    { checks: early, error: undefined },
    { error: { code: 'receipt_unchecked', hints: [expect.stringContaining('the chain is away'), expect.anything()] } },
    { checks: anchored, error: undefined },
  ]);
  expect(pauses[0]).toBe(1_000);
  expect(pauses).toHaveLength(2);
});

test('a batch that takes hours is looked for until it is there, at most once a minute by then', async () => {
  const { news, pauses } = await follow(...Array.from({ length: 300 }, () => early), anchored);
  expect(news.at(-1)?.checks).toBe(anchored);
  expect(pauses.reduce((sum, pause) => sum + pause, 0)).toBeGreaterThan(3 * 3_600_000);
  expect(Math.max(...pauses)).toBe(60_000);
  // Most come within a minute, in which it is looked for every few seconds.
  expect(pauses.slice(0, 12).reduce((sum, pause) => sum + pause, 0)).toBeLessThan(60_000);
});
