import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Hex } from '@kedge/core';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Gateway } from '../src/index.js';
import { createChainSetup, use } from './support/createChainSetup.js';
import { answerWith, completion, type ScriptedUpstream, startScriptedUpstream } from './support/scriptedUpstream.js';
import { createWorkersSetup, perCall, post, type WorkersSetup } from './support/workersSetup.js';

// Channels that are taken out of the channels file before what was served from them is captured.
let upstream: ScriptedUpstream;
let setup: WorkersSetup;
let gateway: Gateway | undefined;

beforeEach(async () => {
  upstream = await startScriptedUpstream(answerWith(completion('Hello there.')));
  setup = createWorkersSetup(3, { upstreamUrl: upstream.url });
});
afterEach(async () => {
  setup.chain.down = false;
  await gateway?.close();
  await upstream.close();
  setup.remove();
});

const start = async (): Promise<Gateway> => (gateway = await setup.start({ batchIntervalMs: 20 }));
const capturedOf = (index: number) => setup.chain.captured.get(setup.channels[index]!.channelId);
const logged = (event: string): Record<string, unknown>[] => setup.logs.filter((line) => line['event'] === event);

/** Uses all channels, ends without a capture, and starts again with the first channel only. */
async function leaveOut(): Promise<void> {
  const { url, close } = await start();
  setup.chain.down = true;
  for (const channel of setup.channels) expect((await post(url, channel)).status).toBe(200);
  await close();
  const { channelsFile } = setup.config;
  const [first] = JSON.parse(readFileSync(channelsFile, 'utf8')) as unknown[];
  writeFileSync(channelsFile, JSON.stringify([first]));
}

test('what was served from a channel that the channels file does not name any more is captured after a restart', async () => {
  await leaveOut();
  setup.chain.down = false;
  const [, second, third] = setup.channels;
  // One that was closed has nothing to capture.
  setup.chain.closed.add(third!.channelId);
  const { url } = await start();
  await expect.poll(() => capturedOf(1)).toBe(perCall);
  await expect.poll(() => capturedOf(0)).toBe(perCall);
  expect(capturedOf(2)).toBeUndefined();
  expect(logged('channel_left_behind')).toEqual([
    {
      level: 'warn',
      event: 'channel_left_behind',
      channelId: second!.channelId,
      usedUnits: perCall,
      capturedUnits: 0n,
      hint: expect.stringContaining('channels file'),
    },
  ]);
  expect((await post(url, second!)).status).toBe(401);
  expect(await (await fetch(`${url}/metrics`)).text()).toContain('kedge_uncaptured_units 0\n');
});

test('a chain that does not answer at the start is asked again for channels that were left out', async () => {
  await leaveOut();
  await start();
  await expect.poll(() => logged('channels_left_behind_unread')[0]).toMatchObject({ level: 'warn' });
  setup.chain.down = false;
  await expect.poll(() => capturedOf(1)).toBe(perCall);
  await expect.poll(() => capturedOf(2)).toBe(perCall);
  // The first was only not confirmed yet.
  expect(logged('channel_left_behind').map(({ channelId }) => channelId)).toEqual(
    setup.channels.slice(1).map(({ channelId }) => channelId),
  );
});

test('a capture that is asked for waits until channels that were left out are found, and says when they cannot be', async () => {
  await leaveOut();
  const { chain } = setup;
  chain.down = false;
  const { findChannel } = chain;
  const asked: (() => void)[] = [];
  let isAnswering = false;
  Object.assign(chain, {
    findChannel: async (channelId: Hex) => {
      if (!isAnswering) throw new Error('the node refuses events');
      await new Promise<void>((resolve) => asked.push(resolve));
      return findChannel(channelId);
    },
  });
  gateway = await setup.start({ batchIntervalMs: 60_000 });
  const capture = () => fetch(`${gateway!.url}/admin/capture`, { method: 'POST' });
  const refused = await capture();
  expect([refused.status, await refused.text()]).toEqual([503, expect.stringContaining('the node refuses events')]);
  isAnswering = true;
  const captured = capture();
  await expect.poll(() => asked.length).toBe(2);
  for (const answer of asked) answer();
  expect((await captured).status).toBe(200);
  expect([0, 1, 2].map(capturedOf)).toEqual([perCall, perCall, perCall]);
});

test('of channels that were left out, only those are looked for again that the chain said nothing of', async () => {
  await leaveOut();
  const { chain } = setup;
  chain.down = false;
  const { findChannel } = chain;
  const [, second, third] = setup.channels;
  const asked: Hex[] = [];
  Object.assign(chain, {
    findChannel: async (channelId: Hex) => {
      asked.push(channelId);
      if (channelId === third!.channelId && asked.length < 4) throw new Error('too many requests');
      return findChannel(channelId);
    },
  });
  await start();
  await expect.poll(() => capturedOf(2)).toBe(perCall);
  expect(capturedOf(1)).toBe(perCall);
  expect(asked.filter((channelId) => channelId === second!.channelId)).toHaveLength(1);
});

test('the terms of a channel that the channels file does not name any more are found on the chain', async () => {
  const real = await createChainSetup(upstream.url, 1);
  const [{ apiKey, channelId, channel } = {} as never] = real.channels;
  // Its captures wait until gas costs less.
  const first = await real.start({ maxFeePerGasGwei: 0.000001 });
  expect(await use(first.url, apiKey)).toBe(200);
  await first.close();
  expect(await real.capturedOf(channel)).toBe(0n);
  writeFileSync(real.channelsFile, '[]');
  const second = await real.start({ batchIntervalMs: 20 });
  await expect.poll(() => real.capturedOf(channel)).toBeGreaterThan(0n);
  const [{ usedUnits } = {}] = real.logs.filter(({ event }) => event === 'channel_left_behind');
  expect(real.logs).toContainEqual(expect.objectContaining({ event: 'channel_left_behind', channelId }));
  expect(await real.capturedOf(channel)).toBe(usedUnits);
  await second.close();

  // Once it has ended, that is remembered.
  await real.closeChannel(channel);
  const third = await real.start();
  const file = join(real.dataDir, 'ended-channels');
  await expect.poll(() => existsSync(file) && readFileSync(file, 'utf8')).toContain(channelId);
  await third.close();
  await real.remove();
});
