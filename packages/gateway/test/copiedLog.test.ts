import { cpSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Gateway } from '../src/index.js';
import { type ChainSetup, createChainSetup, use } from './support/createChainSetup.js';
import { answerWith, completion, type ScriptedUpstream, startScriptedUpstream } from './support/scriptedUpstream.js';

// A folder that was copied to another machine, and a gateway on each: what nobody should do, and somebody will.
let upstream: ScriptedUpstream;
let setup: ChainSetup;
const gateways: Gateway[] = [];

beforeEach(async () => {
  upstream = await startScriptedUpstream(answerWith(completion('Hello there.')));
  setup = await createChainSetup(upstream.url, 1);
});
afterEach(async () => {
  for (const gateway of gateways.splice(0)) await gateway.close();
  await setup.remove();
  await upstream.close();
});

async function startOn(dataDir: string): Promise<Gateway> {
  const gateway = await setup.start({ dataDir });
  gateways.push(gateway);
  return gateway;
}

test('a gateway from whose channel another one captures, on a copy of its log, says so and serves it no more', async () => {
  const [{ apiKey, channelId, channel } = {} as never] = setup.channels;
  const original = await startOn(setup.dataDir);
  const calls = async ({ url }: Gateway, count: number): Promise<void> => {
    for (let call = 0; call < count; call++) expect(await use(url, apiKey)).toBe(200);
  };
  const capture = async ({ url }: Gateway): Promise<void> => {
    expect((await fetch(`${url}/admin/capture`, { method: 'POST' })).status).toBe(200);
  };
  await calls(original, 1);
  await capture(original);
  const copied = `${setup.dataDir}-copy`;
  cpSync(setup.dataDir, copied, { recursive: true, filter: (path) => !path.includes('/lock') });
  const copy = await startOn(copied);
  // What it begins with is over before there is more to capture.
  await capture(copy);
  await calls(copy, 1);
  await calls(original, 2);
  await capture(original);
  const taken = await setup.capturedOf(channel);
  expect(setup.logs.filter(({ event }) => event === 'channel_captured_elsewhere')).toEqual([]);

  await capture(copy);
  expect(setup.logs).toContainEqual({
    level: 'error',
    event: 'channel_captured_elsewhere',
    channelId,
    usedUnits: (taken * 2n) / 3n,
    capturedUnits: taken,
    hint: expect.stringContaining('stop'),
  });
  expect(await setup.capturedOf(channel)).toBe(taken);
  await expect.poll(() => use(copy.url, apiKey)).toBe(403);
  await calls(original, 1);
  await capture(original);
  expect(await setup.capturedOf(channel)).toBeGreaterThan(taken);
});
