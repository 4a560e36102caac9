import { type Hex, zeroHash } from '@kedge/core';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Gateway } from '../src/index.js';
import { answerWith, completion, type ScriptedUpstream, startScriptedUpstream } from './support/scriptedUpstream.js';
import { createWorkersSetup, perCall, post, type WorkersSetup } from './support/workersSetup.js';

let upstream: ScriptedUpstream;
let setup: WorkersSetup;
let gateway: Gateway;

beforeEach(async () => {
  upstream = await startScriptedUpstream(answerWith(completion('Hello there.')));
  setup = createWorkersSetup(3, { upstreamUrl: upstream.url });
  gateway = await setup.start();
});
afterEach(async () => {
  setup.now = Date.now;
  await gateway.close();
  await upstream.close();
  setup.remove();
});

const use = async (...indexes: number[]): Promise<void> => {
  for (const index of indexes) expect((await post(gateway.url, setup.channels[index]!)).status).toBe(200);
};
const capture = async (): Promise<number> => (await fetch(`${gateway.url}/admin/capture`, { method: 'POST' })).status;
/** The same for a node that never tells of it: the gateway's patience runs out in a few looks. */
const captureImpatiently = async (): Promise<number> => {
  let clock = setup.now();
  setup.now = () => (clock += 10_000);
  const status = await capture();
  const now = clock;
  setup.now = () => now;
  return status;
};
const minuteLater = (): void => {
  const now = setup.now() + 60_000;
  setup.now = () => now;
};
const captured = (): (bigint | undefined)[] =>
  setup.channels.map(({ channelId }) => setup.chain.captured.get(channelId));
const logged = (event: string): Record<string, unknown>[] => setup.logs.filter((line) => line['event'] === event);
const metric = async (name: string): Promise<string | undefined> =>
  new RegExp(`^kedge_${name} (.*)$`, 'm').exec(await (await fetch(`${gateway.url}/metrics`)).text())?.[1];
/** Of the batches that are anchored, each once. */
const anchored = (): string[] =>
  setup.chain.mined.flatMap(({ capture: { anchors }, succeeded }) =>
    anchors.flatMap(({ epoch, firstBatch, lastBatch }) =>
      Array.from(
        { length: succeeded ? Number(lastBatch - firstBatch) + 1 : 0 },
        (_, at) => `${epoch}/${firstBatch + BigInt(at)}`,
      ),
    ),
  );
const expectNothingTwice = (): void => {
  const transactions = setup.chain.mined.map(({ transaction }) => transaction);
  expect(transactions.map(({ nonce }) => nonce)).toEqual(transactions.map((_, index) => index));
  expect(new Set(transactions.map(({ hash }) => hash)).size).toBe(transactions.length);
  expect(new Set(anchored()).size).toBe(anchored().length);
};

test('an item that cannot be captured fails alone, and is tried again ever later until it can be', async () => {
  const { chain, channels } = setup;
  const { channelId } = channels[0]!;
  chain.failing.set(channelId, 'ValueChannelsTooFast()');
  await use(0, 1, 2);
  expect(await metric('uncaptured_units')).toBe('60');
  expect(await capture()).toBe(200);
  expect(captured()).toEqual([undefined, perCall, perCall]);
  expect(logged('capture_failed')).toMatchObject([{ level: 'error', channelId, reason: 'ValueChannelsTooFast()' }]);
  expect(logged('capture_short')).toEqual([]);
  expect(await metric('uncaptured_units')).toBe('20');
  expect(await metric('capture_items_failed_total')).toBe('1');
  // Not at once: it would fail again, for gas.
  expect(await capture()).toBe(200);
  expect(chain.mined).toHaveLength(1);
  minuteLater();
  expect(await capture()).toBe(200);
  expect(chain.mined[1]?.capture.items.map(({ voucher }) => voucher.channelId)).toEqual([channelId]);
  expect(await metric('capture_items_failed_total')).toBe('2');
  chain.failing.clear();
  minuteLater();
  expect(await capture()).toBe(200);
  expect(captured()).toEqual([perCall, perCall, perCall]);
  expect(await metric('uncaptured_units')).toBe('0');
  expectNothingTwice();
});

test('an item that its rate cuts short is said to, with how far it came, and the rest comes later', async () => {
  const { chain, channels } = setup;
  const { channelId } = channels[1]!;
  chain.rated.set(channelId, perCall - 5n);
  await use(0, 1);
  expect(await capture()).toBe(200);
  const short = { level: 'warn', event: 'capture_short', channelId, signedUnits: perCall, capturedUnits: perCall - 5n };
  expect(logged('capture_short')).toEqual([{ ...short, hint: expect.stringContaining('rate') }]);
  expect(logged('capture_failed')).toEqual([]);
  expect(await metric('capture_items_failed_total')).toBe('1');
  chain.rated.clear();
  minuteLater();
  expect(await capture()).toBe(200);
  expect(captured().slice(0, 2)).toEqual([perCall, perCall]);
  expect(logged('capture_short')).toHaveLength(1);
});

test('a node that lacks the newest blocks, behind the same URL as others, makes no capture look lost', async () => {
  const { chain } = setup;
  const { outcomeOf } = chain;
  let looksBehind = 3;
  Object.assign(chain, {
    outcomeOf: async (hash: Hex) => (looksBehind-- > 0 ? undefined : outcomeOf(hash)),
  });
  await use(0);
  expect(await capture()).toBe(200);
  // What was confirmed is looked up again.
  looksBehind = 3;
  await use(0);
  expect(await capture()).toBe(200);
  expect(logged('transaction_dropped')).toEqual([]);
  expect(chain.mined).toHaveLength(2);
  expect(captured()[0]).toBe(2n * perCall);
  expectNothingTwice();
});

test('a clock that is set back by an hour holds up neither what is tried again nor what is waited for', async () => {
  const { chain, channels } = setup;
  chain.failing.set(channels[0]!.channelId, 'ValueChannelsTooFast()');
  await use(0);
  expect(await capture()).toBe(200);
  chain.failing.clear();
  const began = Date.now();
  setup.now = () => began - 3_600_000;
  setup.elapsedMs = () => began + 60_000;
  expect(await capture()).toBe(200);
  expect(captured()[0]).toBe(perCall);
  // The node does not know of what was sent, while time passes and the clock stands still.
  let elapsed = began + 60_000;
  setup.elapsedMs = () => (elapsed += 10_000);
  chain.nonceError = 1;
  await use(0);
  expect(await capture()).toBe(503);
  chain.nonceError = 0;
  await expect.poll(capture).toBe(200);
  expect(captured()[0]).toBe(2n * perCall);
  expectNothingTwice();
});

test.each([
  ['does not answer', () => Promise.reject(new Error('the node does not answer'))],
  ['names a time that no clock shows', async () => ({ number: 2n, hash: zeroHash, timestamp: 2n ** 64n - 1n })],
] as const)(
  'a capture that was mined is none that failed, though the node %s when its clock is looked at',
  async (_, answer) => {
    const { head } = setup.chain;
    const { mined } = setup.chain;
    Object.assign(setup.chain, { head: () => (mined.length > 0 ? answer() : head()) });
    await use(0);
    expect(await capture()).toBe(200);
    expect(captured()[0]).toBe(perCall);
    expect(setup.logs.map(({ event }) => event)).not.toContain('capture_postponed');
  },
);

test('a clock that is not the chain’s is told of once, and once when it is right again', async () => {
  for (const [hours, event] of [
    [0, undefined],
    [1, 'clock_differs'],
    [1, undefined],
    [0, 'clock_agrees'],
    [-1, 'clock_differs'],
  ] as const) {
    setup.logs.length = 0;
    setup.now = () => Date.now() + hours * 3_600_000;
    await use(0);
    expect(await capture()).toBe(200);
    const lines = setup.logs.filter((line) => String(line['event']).startsWith('clock_'));
    expect(lines.map((line) => line['event'])).toEqual(event === undefined ? [] : [event]);
    for (const line of lines) {
      expect(line).toMatchObject({ from: 'the chain', there: expect.any(String) });
      expect(Math.abs(Number(line['differenceMs']) - hours * 3_600_000)).toBeLessThan(60_000);
    }
  }
});

test('a channel that was closed is told of once, served no more and tried no more', async () => {
  const { chain, channels } = setup;
  const { channelId } = channels[0]!;
  chain.failing.set(channelId, 'ValueChannelsNotOpen()');
  chain.closed.add(channelId);
  await use(0, 1);
  expect(await capture()).toBe(200);
  expect(logged('channel_gone')).toMatchObject([{ level: 'error', channelId, usedUnits: perCall, capturedUnits: 0n }]);
  expect(await post(gateway.url, channels[0]!)).toMatchObject({ status: 401 });
  minuteLater();
  expect(await capture()).toBe(200);
  expect(chain.mined).toHaveLength(1);
  expect(captured()).toEqual([undefined, perCall, undefined]);
  // Nobody can capture that any more.
  expect(await metric('uncaptured_units')).toBe('0');
});

test('a channel that the chain lost with the block that opened it is served no more, and again, and captured, when it is back', async () => {
  const { chain, channels } = setup;
  const { channelId } = channels[0]!;
  const { openedAt } = chain;
  chain.failing.set(channelId, 'ValueChannelsNotOpen()');
  chain.closed.add(channelId);
  chain.openedAt = 0n;
  await use(0);
  expect(await capture()).toBe(200);
  expect(logged('channel_gone')).toMatchObject([{ channelId }]);
  expect(await post(gateway.url, channels[0]!)).toMatchObject({ status: 503 });
  chain.openedAt = openedAt;
  chain.closed.clear();
  chain.failing.clear();
  await use(0);
  expect(await capture()).toBe(200);
  expect(captured()[0]).toBe(2n * perCall);
});

test('an item with which a capture would revert is put off, and the others are captured without it', async () => {
  const { chain, channels } = setup;
  const isBad = ({ voucher }: { voucher: { channelId: string } }): boolean =>
    voucher.channelId === channels[0]!.channelId;
  chain.wouldRevert = ({ items }) => items.some(isBad);
  await use(0, 1, 2);
  expect(await capture()).toBe(503);
  expect(logged('capture_would_revert').length).toBeGreaterThan(0);
  expect(chain.mined).toHaveLength(0);
  expect(await metric('captures_postponed_total')).toBe('1');
  expect(await capture()).toBe(200);
  expect(captured()).toEqual([undefined, perCall, perCall]);
  chain.wouldRevert = () => false;
  minuteLater();
  expect(await capture()).toBe(200);
  expect(captured()).toEqual([perCall, perCall, perCall]);
  expectNothingTwice();
});

test('what holds up a capture beside its items is left out, and anchored when it can be', async () => {
  const { chain } = setup;
  chain.wouldRevert = ({ anchors }) => anchors.length > 0;
  await use(0, 1);
  await capture();
  expect(captured()).toEqual([perCall, perCall, undefined]);
  expect(anchored()).toEqual([]);
  chain.wouldRevert = () => false;
  expect(await capture()).toBe(200);
  expect(anchored()).toHaveLength(2);
  expectNothingTwice();
});

test('a capture that reverted took nothing: the same is captured and anchored by the next one', async () => {
  const { chain } = setup;
  chain.willRevert = true;
  await use(0);
  expect(await capture()).toBe(503);
  expect(logged('capture_reverted')).toMatchObject([{ level: 'error', nonce: 0 }]);
  expect(await metric('uncaptured_units')).toBe('20');
  chain.willRevert = false;
  expect(await capture()).toBe(200);
  expect(captured()).toEqual([perCall, undefined, undefined]);
  expect(chain.mined.map(({ succeeded }) => succeeded)).toEqual([false, true]);
  expectNothingTwice();
});

test.each([1, 3, -1])(
  'a node that is %i off with the nonce: nothing is sent twice, and all is captured when it tells the truth',
  async (error) => {
    const { chain } = setup;
    await use(0);
    expect(await capture()).toBe(200);
    chain.nonceError = error;
    await use(0, 1);
    await captureImpatiently();
    await captureImpatiently();
    chain.nonceError = 0;
    await expect.poll(captureImpatiently).toBe(200);
    expect(captured()).toEqual([2n * perCall, perCall, undefined]);
    expect(chain.mined).toHaveLength(2);
    expect(anchored()).toHaveLength(3);
    expectNothingTwice();
  },
);
