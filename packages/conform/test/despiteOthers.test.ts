import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { despiteOthers } from '../src/lab/lab.js';
import { ClauseFailed } from '../src/outcome.js';

const evidence = { kind: 'transaction', hash: '0x' } as const;

test('two runs that disturb each other in step do not for ever', async () => {
  let held = 0;
  const settle = async () => {
    const before = held;
    await delay(5);
    held += 1;
    await delay(5);
    if (held - before !== 1) throw new ClauseFailed(`received ${held - before}`, evidence);
  };
  await Promise.all([despiteOthers(settle), despiteOthers(settle)]);
});

test('what fails each time fails, with what it said last', async () => {
  let tries = 0;
  const failing = despiteOthers(async () => {
    throw new ClauseFailed(`try ${(tries += 1)}`, evidence);
  });
  await expect(failing).rejects.toThrow('try 5');
});
