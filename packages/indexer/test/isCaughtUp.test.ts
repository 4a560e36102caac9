import { expect, test } from 'vitest';
import { isCaughtUp } from '../src/isCaughtUp.js';

const started = { wasComplete: true, headAtStart: 27, head: 29 };

test('an index that was complete before a restart is complete again when it has the blocks of its start', () => {
  expect(isCaughtUp({ ...started, indexed: undefined })).toBe(false);
  expect(isCaughtUp({ ...started, indexed: 22 })).toBe(false);
  expect(isCaughtUp({ ...started, indexed: 27 })).toBe(true);
});

test('one that never was complete is not, however far it is', () => {
  expect(isCaughtUp({ ...started, wasComplete: false, indexed: 29 })).toBe(false);
});

test('blocks that the chain took back are not waited for, and a node that is away keeps nobody', () => {
  expect(isCaughtUp({ ...started, head: 25, indexed: 25 })).toBe(true);
  expect(isCaughtUp({ ...started, head: undefined, indexed: 27 })).toBe(true);
  expect(isCaughtUp({ wasComplete: true, headAtStart: undefined, head: undefined, indexed: 3 })).toBe(true);
});
