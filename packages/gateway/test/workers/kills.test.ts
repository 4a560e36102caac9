import type { SignedReceipt } from '@kedge/core';
import { kedgeFetch } from '@kedge/sdk';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ownerOf } from '../../src/workers/ownerOf.js';
import { channelKey } from '../support/createStrictSetup.js';
import { domain } from '../support/createTestSetup.js';
import { buildGateway, type GatewayProcess } from '../support/gatewayProcess.js';
import { oracleTerms, putQuotes, signQuote } from '../support/rateOracle.js';
import {
  answerWith,
  chunkEvent,
  completion,
  type ScriptedUpstream,
  startScriptedUpstream,
} from '../support/scriptedUpstream.js';
import {
  type Answer,
  createWorkersSetup,
  epochOf,
  expectRecorded,
  hello,
  isAlive,
  post,
  startWorkers,
  type TestChannel,
  verifiedChain,
  workersIn,
  type WorkersSetup,
} from '../support/workersSetup.js';

// Real processes, really killed: first a worker, then the process with the log, both under load; then what is in the log.
const callers = 8;
let upstream: ScriptedUpstream;
let setup: WorkersSetup;
let gateway: GatewayProcess;
const epochs: bigint[] = [];
const acknowledged = new Map<TestChannel, SignedReceipt[]>();

beforeAll(async () => {
  buildGateway();
  upstream = await startScriptedUpstream(answerWith(completion('Hello there.')));
  setup = createWorkersSetup(callers, { upstreamUrl: upstream.url });
  gateway = await startWorkers(setup, 2);
  for (const channel of setup.channels) acknowledged.set(channel, []);
});
afterAll(async () => {
  gateway.signal('SIGKILL');
  await gateway.ended;
  await upstream.close();
  setup.remove();
});

/** A caller for each channel, with a connection for each call, until told to stop; what they were answered. */
function load() {
  const state = { stopped: false, answers: new Map<TestChannel, Answer[]>(), broken: new Map<TestChannel, number>() };
  const all = setup.channels.map(async (channel) => {
    const answers: Answer[] = [];
    state.answers.set(channel, answers);
    while (!state.stopped) {
      try {
        const answer = await post(gateway.url, channel);
        answers.push(answer);
        if (answer.signed !== undefined) acknowledged.get(channel)?.push(answer.signed);
      } catch {
        // Its process was killed: the caller does not know what became of the call.
        state.broken.set(channel, (state.broken.get(channel) ?? 0) + 1);
        if (!gateway.isRunning()) return;
      }
    }
  });
  const served = (): number =>
    Math.min(...[...state.answers.values()].map((answers) => answers.filter(({ status }) => status === 200).length));
  return { state, served, stop: () => ((state.stopped = true), Promise.all(all)) };
}

test('a worker that is killed takes nothing of the counters with it, and one channel’s failures are not the upstream’s', async () => {
  const metrics = async (): Promise<string> => (await fetch(`${gateway.url}/metrics`)).text();
  const countOf = (text: string, name: string): number =>
    Number(text.match(new RegExp(`^${name.replace(/[{}]/g, '\\$&')} (\\d+)$`, 'm'))?.[1] ?? 0);
  const refused = 'kedge_requests_refused_total{status="502",code="upstream_failed"}';
  const failed = 'kedge_upstream_failures_total';
  const ready = async (): Promise<number> => (await fetch(`${gateway.url}/readyz`)).status;
  upstream.script = answerWith({ error: 'down' }, 500);
  for (const channel of setup.channels.slice(0, 2)) {
    for (let call = 0; call < 5; call++) expect((await post(gateway.url, channel)).status).toBe(502);
  }
  expect(await ready()).toBe(503);
  upstream.script = answerWith(completion('Hello there.'));
  const [served] = setup.channels;
  const { signed } = await post(gateway.url, served as TestChannel);
  acknowledged.get(served as TestChannel)?.push(signed as SignedReceipt);
  expect(await ready()).toBe(200);
  const before = await metrics();
  expect([countOf(before, refused), countOf(before, failed)]).toEqual([10, 10]);
  const [victim] = workersIn(gateway.log);
  epochs.push(...workersIn(gateway.log).map(({ epoch }) => epoch));
  process.kill(victim?.pid ?? 0, 'SIGKILL');
  // While it is gone, and when another is in its place.
  while (workersIn(gateway.log).length < 3) {
    const meanwhile = await metrics().catch(() => undefined);
    if (meanwhile !== undefined) expect([countOf(meanwhile, refused), countOf(meanwhile, failed)]).toEqual([10, 10]);
  }
  const after = await metrics();
  expect([countOf(after, refused), countOf(after, failed)]).toEqual([10, 10]);
  expect(countOf(after, 'kedge_receipts_total')).toBe(1);
});

test('R15: kill -9 of a worker under load: its channels go on in a new epoch, the others do not notice', async () => {
  const calls = load();
  await expect.poll(calls.served, { timeout: 60_000 }).toBeGreaterThan(5);
  const victim = workersIn(gateway.log).at(-1);
  const started = workersIn(gateway.log).length;
  process.kill(victim?.pid ?? 0, 'SIGKILL');
  await expect.poll(() => workersIn(gateway.log).length, { timeout: 60_000 }).toBe(started + 1);
  const before = calls.served();
  await expect.poll(calls.served, { timeout: 60_000 }).toBeGreaterThan(before + 5);
  await calls.stop();
  const successor = workersIn(gateway.log).at(-1);
  expect(successor?.worker).toBe(victim?.worker);
  let moved = 0;
  for (const [channel, answers] of calls.state.answers) {
    const used = [...new Set(answers.flatMap(({ signed }) => (signed === undefined ? [] : [epochOf(signed)])))];
    if (used[0] === victim?.epoch) {
      moved++;
      expect(used).toEqual([victim?.epoch, successor?.epoch]);
    } else {
      expect(used).toHaveLength(1);
      expect(answers.every(({ status }) => status === 200)).toBe(true);
      expect(calls.state.broken.has(channel)).toBe(false);
    }
    epochs.push(...used.filter((epoch) => !epochs.includes(epoch)));
  }
  expect(moved).toBeGreaterThan(0);
  expect(moved).toBeLessThan(callers);
});

test('L8, R13: kill -9 of the process with the log under load: no worker outlives it, and the log has all that was acknowledged', async () => {
  const calls = load();
  await expect.poll(calls.served, { timeout: 60_000 }).toBeGreaterThan(5);
  const pids = workersIn(gateway.log).map(({ pid }) => pid);
  gateway.signal('SIGKILL');
  await gateway.ended;
  await calls.stop();
  await expect.poll(() => pids.filter(isAlive)).toEqual([]);
  gateway = await startWorkers(setup, 2);
  for (const channel of setup.channels) {
    expect((await post(gateway.url, channel)).status).toBe(200);
    const all = [...epochs, ...workersIn(gateway.log).map(({ epoch }) => epoch)];
    const chain = await verifiedChain(gateway.url, setup, channel, all);
    // The call just made, and for each of the two kills at most the one that was under way.
    expectRecorded(chain, acknowledged.get(channel) ?? [], 1 + 2);
  }
});

test('R11: a stream of a strict channel whose worker is killed is charged for what was paid; a rate quote reaches all workers', async () => {
  const held = await startScriptedUpstream((_, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    // Words without an end: the stream runs until its worker is killed.
    for (let word = 0; word < 40; word++) response.write(chunkEvent({ content: ` word${word}` }));
  });
  const own = createWorkersSetup(
    6,
    {
      upstreamUrl: held.url,
      policy: { ...oracleTerms, rates: { input_tokens: '1', output_tokens: '3' } },
      config: { strict: { startUnits: '30', growthBasisPoints: 0 } },
    },
    (index) => (index === 0 ? { mode: 'strict', channelKey: channelKey.address, rate: 0n, burst: 0n } : {}),
  );
  const killed = await startWorkers(own, 2);
  try {
    const channel = own.channels[0] as TestChannel;
    const { channelId, channel: terms, apiKey } = channel;
    const paid = kedgeFetch({ domain, channel: terms, channelId, policy: own.policy, account: channelKey });
    const headers = { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' };
    type State = { newest: { voucher: { cumulativeUnits: string } } | null; committedUnits: string };
    const state = async (): Promise<State> =>
      (await (await fetch(`${killed.url}/v1/vouchers`, { headers })).json()) as State;
    const signed = async (): Promise<number> => Number((await state()).newest?.voucher.cumulativeUnits ?? 0);
    const body = JSON.stringify({ ...hello, stream: true });
    const answer = await paid(`${killed.url}/v1/chat/completions`, { method: 'POST', headers, body });
    const broken = answer.text().then(
      () => false,
      () => true,
    );
    await expect.poll(signed).toBeGreaterThan(60);
    const server = ownerOf(channelId, 2);
    process.kill(workersIn(killed.log).find(({ worker }) => worker === server)?.pid ?? 0, 'SIGKILL');
    expect(await broken).toBe(true);
    await expect.poll(() => workersIn(killed.log).length, { timeout: 60_000 }).toBe(3);
    const charged = killed.log.find((line) => line.includes('interrupted_stream_charged'));
    const { units } = JSON.parse(charged ?? '{}') as { units: string };
    const chain = await verifiedChain(
      killed.url,
      own,
      channel,
      workersIn(killed.log).map(({ epoch }) => epoch),
    );
    expect(chain.map(({ receipt }) => receipt.units)).toEqual([BigInt(units)]);
    const { committedUnits, newest } = await state();
    expect(committedUnits).toBe(units);
    // At most the exposure more than what was signed before the last voucher.
    expect(BigInt(units)).toBeGreaterThan(30n);
    expect(BigInt(units)).toBeLessThanOrEqual(BigInt(newest?.voucher.cumulativeUnits ?? 0) + 30n);

    // And what one worker is told of rates, all go by: the one that is new, too.
    const sequenceFor = async (one: TestChannel): Promise<string | undefined> => {
      const headersOf = { authorization: `Bearer ${one.apiKey}` };
      const rates = await (await fetch(`${killed.url}/v1/rates`, { headers: headersOf })).json();
      return (rates as { rateQuote: { quote: { sequence: string } } | null }).rateQuote?.quote.sequence;
    };
    expect(await putQuotes(killed.url, await signQuote(own.policy))).toMatchObject({ states: ['taken'] });
    await expect.poll(() => Promise.all(own.channels.map(sequenceFor))).toEqual(own.channels.map(() => '1'));
  } finally {
    killed.signal('SIGKILL');
    await killed.ended;
    await held.close();
    own.remove();
  }
});
