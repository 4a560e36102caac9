import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createChannelBook } from '../src/channels/channelBook.js';
import { createWorkersSetup, type WorkersSetup } from './support/workersSetup.js';

const count = 20;
let setup: WorkersSetup;
beforeEach(() => (setup = createWorkersSetup(count, { upstreamUrl: 'http://127.0.0.1:1' })));
afterEach(() => setup.remove());

function open() {
  const checks = { all: 0, running: 0, most: 0 };
  const quiet = (): void => undefined;
  const book = createChannelBook({
    path: setup.config.channelsFile,
    // The chain does not answer, after a while.
    check: async () => {
      checks.all++;
      checks.most = Math.max(checks.most, ++checks.running);
      await turn();
      checks.running--;
      throw new Error('the node does not answer');
    },
    keyAccountOf: (apiKeySha256) => ({ apiKeySha256, committedUnits: 0n, reservedUnits: 0n }),
    nowSeconds: () => Date.now() / 1000,
    onServed: quiet,
    log: { info: quiet, warn: quiet, error: quiet },
  });
  return { book, checks };
}

test('channels are checked eight at a time', async () => {
  const { book, checks } = open();
  await book.refresh();
  expect(checks).toEqual({ all: count, running: 0, most: 8 });
  expect(book.uncheckedCount()).toBe(count);
});

test('a key that nobody has makes nobody ask the chain, and calls at once share one look', async () => {
  const { book, checks } = open();
  const keys = Array.from({ length: 50 }, (_, index) => `${index}`.padStart(64, '0'));
  await Promise.all(keys.map((key) => book.refreshFor(key)));
  expect(checks.all).toBe(count);
  await Promise.all(keys.map((key) => book.refreshFor(key)));
  expect(checks.all).toBe(count);
});
