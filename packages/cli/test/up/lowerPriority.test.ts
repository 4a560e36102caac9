import { once } from 'node:events';
import { constants, getPriority, setPriority } from 'node:os';
import { expect, test } from 'vitest';
import { lowerPriority } from '../../src/up/lowerPriority.js';
import { sleeper } from './support.js';

test('a process comes behind those of normal priority', () => {
  const { pid } = sleeper();
  lowerPriority(pid!);
  expect(getPriority(pid)).toBeGreaterThanOrEqual(constants.priority.PRIORITY_BELOW_NORMAL);
});

test('one that is further behind is not raised, which most users may not do', () => {
  const { pid } = sleeper();
  setPriority(pid!, constants.priority.PRIORITY_LOW);
  lowerPriority(pid!);
  expect(getPriority(pid)).toBe(constants.priority.PRIORITY_LOW);
});

test('one that has ended is left to whoever keeps it running', async () => {
  const child = sleeper();
  child.kill('SIGKILL');
  await once(child, 'exit');
  lowerPriority(child.pid!);
});
