import { Agent } from 'node:http';
import type { SignedReceipt } from '@kedge/core';
import { kedgeFetch } from '@kedge/sdk';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { readLedger } from '../chaos/readLedger.js';
import { connectRaw, turn } from '../http1/support/rawSocket.js';
import { channelKey } from '../support/createStrictSetup.js';
import { domain } from '../support/createTestSetup.js';
import { buildGateway, type GatewayProcess } from '../support/gatewayProcess.js';
import {
  answerWith,
  completion,
  type ScriptedUpstream,
  startScriptedUpstream,
  streamWords,
} from '../support/scriptedUpstream.js';
import {
  createWorkersSetup,
  epochOf,
  expectRecorded,
  hello,
  perCall,
  post,
  startWorkers,
  type TestChannel,
  verifiedChain,
  workersIn,
  type WorkersSetup,
} from '../support/workersSetup.js';

// The real program: one process with the log and two workers, which all of these tests have in common. The first channel has
// value for 50 calls, the second is strict; each test takes the others as it finds them.
const [poor, strict] = [0, 1];
let upstream: ScriptedUpstream;
let setup: WorkersSetup;
let gateway: GatewayProcess;

beforeAll(async () => {
  buildGateway();
  upstream = await startScriptedUpstream(answerWith(completion('Hello there.')));
  setup = createWorkersSetup(14, { upstreamUrl: upstream.url }, (index) =>
    index === poor
      ? { cap: 50n * perCall }
      : index === strict
        ? { mode: 'strict', channelKey: channelKey.address, rate: 0n, burst: 0n }
        : {},
  );
  gateway = await startWorkers(setup, 2);
});
afterAll(async () => {
  gateway.signal('SIGKILL');
  await gateway.ended;
  await upstream.close();
  setup.remove();
});
beforeEach(() => {
  upstream.script = answerWith(completion('Hello there.'));
});

const channel = (index: number): TestChannel => setup.channels[index] as TestChannel;
const capped = (): readonly TestChannel[] => setup.channels.slice(2);
const epochs = (): bigint[] => workersIn(gateway.log).map(({ epoch }) => epoch);
const chainOf = (one: TestChannel): Promise<SignedReceipt[]> => readLedger(gateway.url, one, epochs());
const metrics = async (): Promise<string> => (await fetch(`${gateway.url}/metrics`)).text();
const countOf = (text: string, name: string): number => Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(text)?.[1]);

test('R5, R15: 200 calls at once against value for 50: exactly 50 are served and the rest is 402', async () => {
  const before = upstream.requests.length;
  const answers = await Promise.all(Array.from({ length: 200 }, () => post(gateway.url, channel(poor))));
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(50);
  expect(answers.filter(({ status }) => status === 402)).toHaveLength(150);
  expect(upstream.requests).toHaveLength(before + 50);
  const acknowledged = answers.flatMap(({ signed }) => signed ?? []);
  expectRecorded(await chainOf(channel(poor)), acknowledged, 0);
});

test('L8, R15: calls for many channels over many connections: each is charged once, in the epoch of its worker', async () => {
  const agent = new Agent({ keepAlive: true, maxSockets: 8 });
  const acknowledged = new Map<string, SignedReceipt[]>(capped().map(({ apiKey }) => [apiKey, []]));
  const calls = capped().flatMap((one) => Array.from({ length: 10 }, (_, call) => ({ one, call })));
  await Promise.all(
    calls.map(async ({ one, call }) => {
      // Half of them on connections that any channel's calls come over, half on one of their own.
      const answer = await post(gateway.url, one, call % 2 === 0 ? { agent } : {});
      expect(answer.status).toBe(200);
      acknowledged.get(one.apiKey)?.push(answer.signed as SignedReceipt);
    }),
  );
  agent.destroy();
  const used = new Set<bigint>();
  for (const one of capped()) {
    const chain = await chainOf(one);
    expectRecorded(chain, acknowledged.get(one.apiKey) ?? [], 0);
    expect(new Set(chain.map(epochOf)).size).toBe(1);
    used.add(epochOf(chain[0]));
  }
  expect([...used].toSorted()).toEqual(epochs().toSorted());
});

test('R15: one connection with the keys of channels of both workers: each call is charged to its own', async () => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const used = new Set<bigint>();
  for (let round = 0; round < 3; round++) {
    for (const one of capped()) {
      const { status, signed } = await post(gateway.url, one, { agent });
      expect({ status, channelId: signed?.receipt.channelId }).toEqual({ status: 200, channelId: one.channelId });
      used.add(epochOf(signed));
    }
  }
  agent.destroy();
  expect(used.size).toBe(2);
});

test('R17: streams pass unaltered from the worker that serves and through the other, with their receipts', async () => {
  upstream.script = streamWords(['Grüße', ' wörld', ' 👋']);
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const streams = new Set<string>();
  for (const one of capped()) {
    const { status, text, signed } = await post(gateway.url, one, { agent, body: { ...hello, stream: true } });
    expect(status).toBe(200);
    expect(text).toMatch(/: kedge-receipt \S+\n\ndata: \[DONE\]\n\n$/);
    expect((await chainOf(one)).at(-1)).toEqual(signed);
    streams.add(text.replace(/: kedge-receipt \S+\n\n/, ''));
  }
  agent.destroy();
  expect([...streams]).toEqual([expect.stringContaining(' wörld')]);
});

test('a connection is given away without losing a byte: heads in pieces, bodies later, requests ahead of answers', async () => {
  const port = Number(new URL(gateway.url).port);
  const body = JSON.stringify(hello);
  const headOf = ({ apiKey }: TestChannel): string =>
    `POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${apiKey}\r\ncontent-length: ${body.length}\r\n\r\n`;
  const twoCalls = async (one: TestChannel, pieces: (text: string) => readonly string[]): Promise<void> => {
    const connection = connectRaw(port);
    for (const piece of pieces(`${headOf(one)}${body}`.repeat(2))) {
      connection.write(piece);
      await turn();
    }
    const text = await connection.until(/HTTP\/1\.1 200 [^]*HTTP\/1\.1 200 [^]*"finish_reason":"stop"[^]*\}$/);
    expect(text.match(/HTTP\/1\.1 200 /g)).toHaveLength(2);
    connection.socket.destroy();
  };
  const cutAt = (at: number) => (text: string) => [text.slice(0, at), text.slice(at)];
  const ways = [
    (text: string) => [text],
    (text: string) => text.match(/[^]{1,40}/g) as string[],
    ...[1, 60, 1].map((past) => cutAt(headOf(channel(2)).length + past - 1)),
    cutAt(headOf(channel(2)).length - 2),
    cutAt(headOf(channel(2)).length + body.length),
  ];
  const before = countOf(await metrics(), 'kedge_receipts_total');
  await Promise.all(capped().flatMap((one) => ways.map((pieces) => twoCalls(one, pieces))));
  const after = countOf(await metrics(), 'kedge_receipts_total');
  expect(after - before).toBe(2 * ways.length * capped().length);
});

test('what is no HTTP, and what has no key, is refused as one process refuses it', async () => {
  const port = Number(new URL(gateway.url).port);
  const answerTo = async (text: string): Promise<string> => {
    const connection = connectRaw(port);
    connection.write(text);
    const answer = await connection.until(/^HTTP\/1\.1 \d{3} /);
    connection.socket.destroy();
    return answer.slice(9, 12);
  };
  expect(await answerTo('\x16\x03\x01\x02\x00\x01')).toBe('400');
  expect(await answerTo(`GET / HTTP/1.1\r\nx: ${'y'.repeat(20_000)}`)).toBe('431');
  expect(await answerTo('GET /v1/models HTTP/1.1\r\nhost: x\r\n\r\n')).toBe('401');
  expect(await answerTo('GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n')).toBe('200');
  expect(await answerTo('GET /readyz HTTP/1.1\r\nhost: x\r\n\r\n')).toBe('200');
  expect(await answerTo('GET /metrics HTTP/1.1\r\nhost: x\r\nx-forwarded-for: 203.0.113.9\r\n\r\n')).toBe('403');
});

test('R11: a strict channel pays call by call, over whichever connections', async () => {
  const { apiKey, channelId, channel: terms } = channel(strict);
  const paid = kedgeFetch({ domain, channel: terms, channelId, policy: setup.policy, account: channelKey });
  const headers = { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' };
  for (let call = 0; call < 4; call++) {
    // What is between them on the same connections is another worker's.
    for (const one of capped().slice(0, 4))
      await fetch(`${gateway.url}/v1/models`, { headers: { 'x-api-key': one.apiKey } });
    const body = JSON.stringify(hello);
    const answer = await paid(`${gateway.url}/v1/chat/completions`, { method: 'POST', headers, body });
    expect(answer.status).toBe(200);
    await answer.text();
  }
  const chain = await chainOf(channel(strict));
  expect(chain).toHaveLength(4);
  const state = (await (await fetch(`${gateway.url}/v1/vouchers`, { headers })).json()) as {
    newest: { voucher: { cumulativeUnits: string } };
    committedUnits: string;
  };
  expect(BigInt(state.committedUnits)).toBe(4n * perCall);
  expect(BigInt(state.newest.voucher.cumulativeUnits)).toBeGreaterThanOrEqual(3n * perCall);
});

test('metrics and live figures are those of all workers, whichever is asked', async () => {
  const before = countOf(await metrics(), 'kedge_receipts_total');
  for (const one of capped()) expect((await post(gateway.url, one)).status).toBe(200);
  expect((await post(gateway.url, { apiKey: 'kedge_unknown' })).status).toBe(401);
  const texts = await Promise.all(Array.from({ length: 4 }, metrics));
  for (const text of texts) {
    expect(countOf(text, 'kedge_receipts_total')).toBe(before + capped().length);
    expect(countOf(text, 'kedge_processes')).toBe(2);
    expect(text).toContain('kedge_requests_refused_total{status="402",code="value_exhausted"} 150');
    expect(countOf(text, 'kedge_log_flushes_total')).toBeGreaterThan(0);
  }
  const answers: (() => void)[] = [];
  upstream.script = (request, response) => {
    answers.push(() => answerWith(completion('Hello there.'))(request, response));
  };
  const calls = capped().map((one) => post(gateway.url, one));
  await expect.poll(() => answers.length).toBe(capped().length);
  type Live = { runningCount: number; reserved: { calls: number; units: string }; trend: { calls: number[] } };
  const lives = await Promise.all(
    Array.from({ length: 4 }, async () => (await (await fetch(`${gateway.url}/admin/live`)).json()) as Live),
  );
  for (const { runningCount, reserved, trend } of lives) {
    expect(runningCount).toBe(capped().length);
    expect(reserved).toMatchObject({
      calls: capped().length,
      units: (BigInt(capped().length) * perCall).toString(),
    });
    expect(trend.calls.reduce((sum, count) => sum + count, 0)).toBeGreaterThanOrEqual(capped().length);
  }
  for (const answer of answers) answer();
  for (const { status } of await Promise.all(calls)) expect(status).toBe(200);
});

test('R27: a key is one call over any connections; a stop ends calls first; the log is served by any number of workers', async () => {
  const asked = capped().flatMap((one) => Array.from({ length: 4 }, (_, call) => ({ one, call })));
  const agent = new Agent({ keepAlive: true, maxSockets: 2 });
  const before = upstream.requests.length;
  const answers = await Promise.all(
    asked.map(({ one, call }) => post(gateway.url, one, call % 2 === 0 ? { agent, key: 'one' } : { key: 'one' })),
  );
  agent.destroy();
  expect(upstream.requests).toHaveLength(before + capped().length);
  const firstEpochs = epochs();
  // What all these tests left, checked whole, with core's verifier.
  const chains = await Promise.all(setup.channels.map((one) => verifiedChain(gateway.url, setup, one, firstEpochs)));

  let answer: (() => void) | undefined;
  upstream.script = (request, response) => {
    answer = () => answerWith(completion('Late.'))(request, response);
  };
  const late = post(gateway.url, channel(2));
  await expect.poll(() => answer).toBeDefined();
  gateway.signal('SIGTERM');
  await expect.poll(() => gateway.log.some((line) => line.includes('gateway_draining'))).toBe(true);
  await expect(post(gateway.url, channel(3))).rejects.toThrow();
  answer?.();
  const { signed: last } = await late;
  expect(last?.receipt.channelId).toBe(channel(2).channelId);
  await gateway.ended;

  upstream.script = answerWith(completion('Hello there.'));
  for (const workers of [3, 1]) {
    gateway = await startWorkers(setup, workers);
    for (const [index, { one }] of asked.entries()) {
      expect(await post(gateway.url, one, { key: 'one' })).toEqual(answers[index]);
    }
    const other = await post(gateway.url, channel(2), { key: 'one', body: { ...hello, max_tokens: 9 } });
    expect(other).toMatchObject({ status: 409 });
    const known = await Promise.all(setup.channels.map((one) => readLedger(gateway.url, one, firstEpochs)));
    expect(known[2]).toEqual([...(chains[2] ?? []), last]);
    expect(known.toSpliced(2, 1)).toEqual(chains.toSpliced(2, 1));
    expect((await post(gateway.url, channel(poor))).status).toBe(402);
    if (workers === 3) {
      gateway.signal('SIGTERM');
      await gateway.ended;
    }
  }
});
