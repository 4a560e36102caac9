import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { calmIdle, idleMessage, type Logger } from '../src/calmIdle.js';

test('that there is no new block is told and not warned of; all else is warned of as before', () => {
  const said: unknown[] = [];
  const logger: Logger = {
    info: (log) => said.push(['info', log]),
    warn: (log) => said.push(['warn', log]),
  };
  calmIdle(logger);
  const [idle, other] = [{ msg: idleMessage, chain: 'chain' }, { msg: 'Detected reorg' }];
  logger.warn(idle);
  logger.warn(other);
  logger.info(other);
  expect(said).toEqual([
    ['info', idle],
    ['warn', other],
    ['info', other],
  ]);
});

test('these are the words of Ponder', async () => {
  const file = new URL('./runtime/realtime.js', import.meta.resolve('ponder'));
  expect(await readFile(file, 'utf8')).toContain(`msg: "${idleMessage}"`);
});
