import type { ServerResponse } from 'node:http';
import { parseGatewayLive, unitsOf, zeroAddress, type GatewayLive } from '@kedge/core';
import { expect, test } from 'vitest';
import { apiKey, operatorAddress } from './support/createTestSetup.js';
import { answerWith, completion } from './support/scriptedUpstream.js';
import { refusalOf, startSurfaceTest, type SurfaceTest } from './support/surfaceTest.js';

const hello = { model: 'demo', messages: [{ role: 'user', content: 'a private prompt' }] };
const answered = answerWith(completion('A private answer.'));
const price = { asset: zeroAddress, numerator: 10n ** 12n, denominator: 7n, operatorBps: 1_500 } as const;

/** A gateway whose clock stands still. */
async function startAt(now: number, options: Parameters<typeof startSurfaceTest>[0]): Promise<SurfaceTest> {
  const run = await startSurfaceTest(options);
  run.setup.now = () => now;
  return run;
}

async function liveOf({ gateway }: SurfaceTest): Promise<GatewayLive> {
  return parseGatewayLive(await (await fetch(`${gateway.url}/admin/live`)).json());
}

/** A stream of what the gateway does; `next` is its next event. */
async function watch({ gateway }: SurfaceTest) {
  const leaving = new AbortController();
  const response = await fetch(`${gateway.url}/admin/live`, {
    headers: { accept: 'text/event-stream' },
    signal: leaving.signal,
  });
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  const next = async (): Promise<GatewayLive | undefined> => {
    for (;;) {
      const end = rest.indexOf('\n\n');
      if (end >= 0) {
        const event = rest.slice(0, end);
        rest = rest.slice(end + 2);
        return parseGatewayLive(JSON.parse(event.replace(/^data: /, '')));
      }
      const piece = await reader?.read();
      if (piece === undefined || piece.done) return undefined;
      rest += piece.value;
    }
  };
  return { response, next, leave: () => leaving.abort() };
}

test('calls, units and revenue of the last minute add up to what was charged, exactly', async () => {
  const run = await startAt(Date.now(), { script: answered, price });
  let charged = 0n;
  for (let call = 0; call < 3; call++) {
    const metrics = run.chargedFor((await run.post('/v1/chat/completions', hello)).headers);
    charged += unitsOf(run.setup.policy, [
      { metric: 'input_tokens', amount: metrics['input_tokens'] ?? 0n },
      { metric: 'output_tokens', amount: metrics['output_tokens'] ?? 0n },
    ]);
  }
  const live = await liveOf(run);
  const amount = (charged * price.numerator) / price.denominator;
  expect(charged).toBeGreaterThan(0n);
  expect(live.lastMinute).toEqual({
    calls: 3,
    refused: 0,
    units: charged,
    revenue: [{ asset: zeroAddress, amount, cut: (amount * 1_500n) / 10_000n }],
    unpricedUnits: 0n,
  });
  expect(live.operator).toBe(operatorAddress);
  expect(live.trend.calls.reduce((sum, calls) => sum + calls, 0)).toBe(3);
  expect(live.trend.units.reduce((sum, units) => sum + units, 0n)).toBe(charged);
  expect(live.batches.unanchored).toBeGreaterThan(0);
});

test('a minute later they have left the figures, and stay in the trend where they were', async () => {
  const began = Math.ceil(Date.now() / 5_000) * 5_000;
  const run = await startAt(began, { script: answered });
  await run.post('/v1/chat/completions', hello);
  run.setup.now = () => began + 61_000;
  const live = await liveOf(run);
  expect(live.lastMinute).toMatchObject({ calls: 0, units: 0n, revenue: [] });
  const { calls, start, width } = live.trend;
  expect(start + calls.indexOf(1) * width).toBe(began / 1_000);
  run.setup.now = () => began + 5 * 60_000;
  expect((await liveOf(run)).trend.calls).toEqual(Array.from({ length: 60 }, () => 0));
});

test('units of a lot without a price are units, and no revenue', async () => {
  const run = await startAt(Date.now(), { script: answered });
  await run.post('/v1/chat/completions', hello);
  const { lastMinute } = await liveOf(run);
  expect(lastMinute.revenue).toEqual([]);
  expect(lastMinute.unpricedUnits).toBe(lastMinute.units);
});

test('a call under way is shown with its surface, model, age and reserved units, and is gone when it is over', async () => {
  const run = await startSurfaceTest();
  const begun = Date.now();
  let held: ServerResponse | undefined;
  const asked = new Promise<void>((resolve) => {
    run.upstream.script = (_, response) => {
      held = response;
      resolve();
    };
  });
  const call = run.post('/v1/chat/completions', hello);
  await asked;
  run.setup.now = () => begun + 30_000;
  const live = await liveOf(run);
  expect(live.runningCount).toBe(1);
  expect(live.running).toMatchObject([
    { surface: '/chat/completions', model: 'demo', mode: 'capped', classId: 7n, channelId: run.setup.channelId },
  ]);
  const [running] = live.running;
  expect(running?.startedAt).toBeGreaterThanOrEqual(begun);
  expect(running?.startedAt).toBeLessThanOrEqual(live.at);
  expect(running?.units).toBeGreaterThan(0n);
  expect(live.reserved).toEqual({ calls: 1, units: running?.units, waiting: 0, oldestAt: running?.startedAt });
  held?.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(completion('Hello.')));
  await call;
  const over = await liveOf(run);
  expect(over).toMatchObject({ runningCount: 0, running: [], reserved: { calls: 0, units: 0n, oldestAt: null } });
});

test('refusals are counted by their reason, the most frequent first', async () => {
  const run = await startAt(Date.now(), { script: answered });
  await run.post('/v1/chat/completions', { ...hello, model: 'other' });
  for (let call = 0; call < 2; call++)
    await run.post('/v1/chat/completions', hello, { authorization: 'Bearer nobody' });
  const { refusals, lastMinute, trend } = await liveOf(run);
  expect(refusals).toEqual([
    { status: 401, code: 'key_unknown', count: 2 },
    { status: 403, code: 'policy_refused', count: 1 },
  ]);
  expect(lastMinute).toMatchObject({ calls: 0, refused: 3 });
  expect(trend.refused.reduce((sum, refused) => sum + refused, 0)).toBe(3);
});

test('a capture is shown with its transaction, and how many batches it anchors', async () => {
  const run = await startAt(Date.now(), { script: answered });
  await run.post('/v1/chat/completions', hello);
  const before = await liveOf(run);
  expect(before.batches).toEqual({ unanchored: 1, transactions: [] });
  await run.post('/admin/capture', {});
  const [mined] = run.setup.chain.mined;
  expect((await liveOf(run)).batches).toEqual({
    unanchored: 0,
    transactions: [{ hash: mined?.transaction.hash, state: 'confirmed', batches: 1 }],
  });
});

test('no prompt, answer or key is in it', async () => {
  const run = await startAt(Date.now(), { script: answered });
  await run.post('/v1/chat/completions', hello);
  await run.post('/v1/chat/completions', hello, { authorization: 'Bearer kedge_unknown_key' });
  const text = await (await fetch(`${run.gateway.url}/admin/live`)).text();
  for (const secret of ['private', apiKey, 'kedge_unknown_key']) expect(text).not.toContain(secret);
});

test('it is told on the machine of the gateway only, and not through a proxy', async () => {
  const { gateway } = await startSurfaceTest();
  const forwarded = await fetch(`${gateway.url}/admin/live`, { headers: { 'x-forwarded-for': '203.0.113.9' } });
  expect(forwarded.status).toBe(403);
  expect(refusalOf(await forwarded.text()).error.code).toBe('not_local');
});

test('who asks for a stream gets an event at once and one a second, and who leaves costs nothing more', async () => {
  const run = await startAt(Date.now(), { script: answered });
  const watcher = await watch(run);
  expect(watcher.response.headers.get('content-type')).toBe('text/event-stream');
  expect((await watcher.next())?.lastMinute.calls).toBe(0);
  await run.post('/v1/chat/completions', hello);
  let live = await watcher.next();
  while (live?.lastMinute.calls === 0) live = await watcher.next();
  expect(live?.lastMinute.calls).toBe(1);
  watcher.leave();
  await expect(watcher.next()).rejects.toThrow();
});

test('more streams than sixteen are refused, and a place that is left is free again', async () => {
  const run = await startSurfaceTest();
  const watchers = await Promise.all(Array.from({ length: 16 }, () => watch(run)));
  expect(watchers.every(({ response }) => response.status === 200)).toBe(true);
  const refused = await watch(run);
  expect(refused.response.status).toBe(503);
  await refused.response.body?.cancel().catch(() => undefined);
  watchers[0]?.leave();
  await expect
    .poll(async () => {
      const again = await watch(run);
      const { status } = again.response;
      if (status !== 200) again.leave();
      return status;
    })
    .toBe(200);
});

test('a stop waits for no watcher, and ends its stream', async () => {
  const run = await startSurfaceTest();
  const watcher = await watch(run);
  await watcher.next();
  await run.gateway.close();
  let live = await watcher.next().catch(() => undefined);
  while (live !== undefined) live = await watcher.next().catch(() => undefined);
  const stopped = run.setup.logs.find(({ event }) => event === 'gateway_draining');
  expect(stopped).toMatchObject({ running: 0 });
});
