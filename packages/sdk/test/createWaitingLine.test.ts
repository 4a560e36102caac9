import { expect, test } from 'vitest';
import { createWaitingLine } from '../src/strict/createWaitingLine.js';

/** Calls that all still run. */
const running = { endedCount: () => 0, runningCount: () => 3, nextEnd: () => new Promise<void>(() => undefined) };

test('a call that is aborted before or while it waits for its turn ends at once, and the next one has its turn', async () => {
  const lineUp = createWaitingLine(running);
  const never = new AbortController().signal;
  const first = lineUp(never);
  expect(await first.mayRetry(1)).toBe(true);
  const before = AbortSignal.abort(new Error('left before'));
  await expect(lineUp(before).mayRetry(1)).rejects.toThrow('left before');
  const leaving = new AbortController();
  const second = lineUp(leaving.signal);
  const waits = second.mayRetry(1);
  leaving.abort(new Error('left while waiting'));
  await expect(waits).rejects.toThrow('left while waiting');
  second.leave();
  const third = lineUp(never);
  first.leave();
  expect(await third.mayRetry(1)).toBe(true);
  third.leave();
});
