import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import type { Logger } from '../src/calmIdle.js';
import { deepReorgMessage, endOnDeepReorg } from '../src/endOnDeepReorg.js';

test('a reorganisation below what was final ends it, once; other warnings are said as before', () => {
  const said: string[] = [];
  const logger: Logger = { info: () => undefined, warn: ({ msg }) => said.push(msg) };
  let ended = 0;
  endOnDeepReorg(logger, () => (ended += 1));
  logger.warn({ msg: 'Detected reorg' });
  expect(ended).toBe(0);
  for (const msg of [deepReorgMessage, deepReorgMessage]) logger.warn({ msg });
  expect(ended).toBe(1);
  expect(said).toEqual(['Detected reorg', deepReorgMessage, deepReorgMessage]);
});

test('these are the words of Ponder', async () => {
  const file = new URL('./sync-realtime/index.js', import.meta.resolve('ponder'));
  expect(await readFile(file, 'utf8')).toContain(`msg: "${deepReorgMessage}"`);
});
