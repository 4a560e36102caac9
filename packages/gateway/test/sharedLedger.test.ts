import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  channelIdOf,
  decodeSignedReceipt,
  encodeChannelRecords,
  parseSignedReceipt,
  type SignedReceipt,
  splitSeq,
} from '@kedge/core';
import { startPostgres, type TestPostgres } from '@kedge/testing';
import { Client } from 'pg';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { keccak256 } from '../src/crypto/hashers.js';
import { createGateway, type Gateway, type GatewayConfigInput } from '../src/index.js';
import {
  apiKey,
  createTestSetup,
  domain,
  holderAddress,
  operatorKey,
  type TestSetup,
} from './support/createTestSetup.js';
import { failedChecks } from './support/failedChecks.js';
import { buildGateway, type GatewayProcess, startGatewayProcess } from './support/gatewayProcess.js';
import {
  answerWith,
  completion,
  type ScriptedUpstream,
  startScriptedUpstream,
  streamWords,
} from './support/scriptedUpstream.js';

// Three gateways with one operator key on one real PostgreSQL. `requests: 20` makes a call cost 20 units, whatever it says.
const hello = { model: 'demo', messages: [{ role: 'user', content: 'Hi' }] };
const perCall = 20n;

let postgres: TestPostgres;
let sql: Client;
let upstream: ScriptedUpstream;
let setup: TestSetup;
let gateways: Gateway[] = [];
let processes: GatewayProcess[] = [];

beforeAll(async () => {
  buildGateway();
  postgres = await startPostgres();
});
afterAll(() => postgres.close());
afterEach(async () => {
  for (const { signal, ended } of processes) {
    signal('SIGKILL');
    await ended;
  }
  await Promise.all(gateways.map((gateway) => gateway.close()));
  processes = [];
  gateways = [];
  await sql.end();
  await upstream.close();
  setup.remove();
});

async function begin(options: Partial<Parameters<typeof createTestSetup>[0]> = {}): Promise<void> {
  upstream = await startScriptedUpstream(answerWith(completion('Hello there.')));
  sql = await connectSql();
  await sql.query('drop schema if exists kedge_gateway cascade');
  setup = createTestSetup({
    upstreamUrl: upstream.url,
    ...options,
    policy: { rates: { requests: perCall.toString() }, ...options.policy },
    config: { ledger: postgres.url, ledgerLeaseMs: 10_000, ...options.config },
  });
}

async function connectSql(): Promise<Client> {
  const client = new Client({ connectionString: postgres.url });
  // It is cut with the others when the server is.
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

async function startGateways(count = 3, now?: (index: number) => number): Promise<string[]> {
  const logOf = (index: number) => {
    const push = (level: string) => (event: string, fields?: object) =>
      void setup.logs.push({ level, event, gateway: index, ...fields });
    return { info: push('info'), warn: push('warn'), error: push('error') };
  };
  for (let index = 0; index < count; index++) {
    const config: GatewayConfigInput = { ...setup.config, dataDir: join(setup.folder, `gateway-${index}`) };
    const clock = now === undefined ? {} : { now: () => now(index) };
    const options = { chain: setup.chain, log: logOf(index), env: { OPERATOR_KEY: operatorKey }, ...clock };
    gateways.push(await createGateway(config, options));
  }
  return gateways.map(({ url }) => url);
}

async function startProcesses(count = 3, more: Partial<GatewayConfigInput> = {}): Promise<string[]> {
  for (let index = 0; index < count; index++) {
    processes.push(await startGatewayProcess(setup, `process-${processes.length}`, more));
  }
  return processes.map(({ url }) => url);
}

type Answer = { status: number; text: string; signed: SignedReceipt | undefined; code: string | undefined };

async function post(url: string, body: object = hello, key?: string): Promise<Answer> {
  const response = await fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      authorization: `Bearer ${apiKey}`,
      ...(key === undefined ? {} : { 'idempotency-key': key }),
    },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  const receipt = response.headers.get('kedge-receipt') ?? /: kedge-receipt (\S+)\n\n/.exec(text)?.[1];
  const signed = receipt === undefined || receipt === null ? undefined : decodeSignedReceipt(receipt);
  const code = response.ok ? undefined : (JSON.parse(text) as { error: { code: string } }).error.code;
  return { status: response.status, text, signed, code };
}

/** Every receipt of the channel that the ledger has, asked of one gateway, and checked whole from the first to the last. */
async function verifiedChain(url: string): Promise<SignedReceipt[]> {
  const client = await connectSql();
  const { rows } = await client.query<{ first: string; last: string }>(
    'select first_seq as first, last_seq as last from kedge_gateway.receipts order by first_seq',
  );
  await client.end();
  const receipts: SignedReceipt[] = [];
  for (const { first, last } of rows) {
    for (let seq = BigInt(first); seq <= BigInt(last); seq++) {
      const response = await fetch(`${url}/v1/receipts/${setup.channelId}/${seq}`, {
        headers: { authorization: `Bearer ${apiKey}` },
      });
      expect(response.status).toBe(200);
      receipts.push(parseSignedReceipt(await response.json()));
    }
  }
  expect(await failedChecks(receipts, setup.policy)).toEqual([]);
  expect(receipts[0]?.receipt.previousReceiptHash).toMatch(/^0x0+$/);
  return receipts;
}

const ignore = (): void => undefined;
const seqsOf = (receipts: readonly SignedReceipt[]): bigint[] => receipts.map(({ receipt }) => receipt.seq);
const epochsOf = (receipts: readonly SignedReceipt[]): bigint[] => [
  ...new Set(receipts.map(({ receipt }) => splitSeq(receipt.seq).epoch)),
];

test('R5, R15: of 200 calls at three gateways at once against value for 50, exactly 50 are served and the rest is 402', async () => {
  await begin({ channel: { cap: 50n * perCall } });
  const urls = await startGateways();
  const answers = await Promise.all(Array.from({ length: 200 }, (_, index) => post(urls[index % 3] as string)));
  const served = answers.filter(({ status }) => status === 200);
  expect(served).toHaveLength(50);
  expect(answers.filter(({ status }) => status === 402)).toHaveLength(150);
  expect(upstream.requests).toHaveLength(50);
  const chain = await verifiedChain(urls[0] as string);
  expect(new Set(seqsOf(chain))).toEqual(new Set(served.map(({ signed }) => signed?.receipt.seq)));
  expect(chain.at(-1)?.receipt.cumulativeUnits).toBe(50n * perCall);
  expect(epochsOf(chain)).toHaveLength(1);
});

test('R15: numbers of all 24 bits of an epoch are recorded, which its clock comes to in 2040', async () => {
  await begin();
  const [before] = await startGateways(1);
  expect((await post(before as string)).status).toBe(200);
  await gateways.pop()?.close();
  const last = 2 ** 23;
  await sql.query('update kedge_gateway.ledger set epoch = $1', [last]);
  await sql.query('update kedge_gateway.channel set epoch = $1', [last]);
  const [after] = await startGateways(1);
  const { status, signed } = await post(after as string);
  expect([status, splitSeq(signed?.receipt.seq ?? 0n)]).toEqual([200, { epoch: BigInt(last) + 1n, counter: 1n }]);
  await gateways.pop()?.close();
  const [again] = await startGateways(1);
  expect((await post(again as string)).status).toBe(200);
  expect(await verifiedChain(again as string)).toHaveLength(3);
});

test('a receipt of a number that the database has no place for is unknown', async () => {
  await begin();
  const [url] = await startGateways(1);
  for (const seq of [2n ** 63n, 10n ** 20n - 1n]) {
    const response = await fetch(`${url}/v1/receipts/${setup.channelId}/${seq}`, {
      headers: { authorization: `Bearer ${apiKey}` },
    });
    expect(response.status).toBe(404);
  }
});

test('R17: what another gateway serves passes unaltered, JSON and stream, with its receipt', async () => {
  await begin();
  const urls = await startGateways(2);
  await post(urls[0] as string);
  const body = JSON.stringify(completion('Grüße 👋'));
  upstream.script = (_, response) => response.writeHead(200, { 'content-type': 'application/json' }).end(body);
  const there = await post(urls[1] as string);
  expect(there).toMatchObject({ status: 200, text: body });
  // To the other gateway it would be a request whose answer says that it has a body, and has none.
  const head = { method: 'HEAD', headers: { authorization: `Bearer ${apiKey}` } };
  expect((await fetch(`${urls[1]}/v1/chat/completions`, head)).status).toBe(405);
  upstream.script = streamWords(['Hello', ' wörld', ' 👋']);
  const stream = await post(urls[1] as string, { ...hello, stream: true });
  expect(stream.text).toMatch(/: kedge-receipt \S+\n\ndata: \[DONE\]\n\n$/);
  expect(stream.text).toContain(' wörld');
  upstream.script = answerWith({ error: { message: 'no such thing' } }, 422);
  expect((await post(urls[1] as string)).status).toBe(422);
  const chain = await verifiedChain(urls[1] as string);
  expect(chain).toHaveLength(3);
  expect(chain[1]).toEqual(there.signed);
  expect(chain[2]).toEqual(stream.signed);
});

test('R15: a call that is passed on writes nothing where its channel is looked up', async () => {
  await begin();
  const urls = await startGateways(2);
  await post(urls[0] as string);
  // The transaction that locked or changed the row last.
  const lastOf = async () => (await sql.query('select xmin, xmax from kedge_gateway.channel')).rows;
  const before = await lastOf();
  upstream.script = answerWith({ error: { message: 'no such thing' } }, 422);
  expect((await post(urls[1] as string)).status).toBe(422);
  expect(await lastOf()).toEqual(before);
});

test('R27: one Idempotency-Key at all gateways at once is one call, and its answer is found after a takeover', async () => {
  await begin();
  const urls = await startGateways();
  const answers = await Promise.all(
    Array.from({ length: 30 }, (_, index) => post(urls[index % 3] as string, hello, 'one')),
  );
  expect(new Set(answers.map(({ text, signed }) => `${text}${signed?.receipt.seq}`)).size).toBe(1);
  expect(upstream.requests).toHaveLength(1);
  const holder = gateways.findIndex((_, index) =>
    setup.logs.some((l) => l['event'] === 'channel_held' && l['gateway'] === index),
  );
  await gateways[holder]?.close();
  const left = urls.filter((_, index) => index !== holder);
  const again = await Promise.all(left.map((url) => post(url, hello, 'one')));
  for (const { status, text, signed } of again) {
    expect({ status, text, signed }).toEqual({ status: 200, text: answers[0]?.text, signed: answers[0]?.signed });
  }
  expect(await post(left[0] as string, { ...hello, max_tokens: 9 }, 'one')).toMatchObject({ status: 409 });
  expect(upstream.requests).toHaveLength(1);
  expect(await verifiedChain(left[0] as string)).toHaveLength(1);
});

test('R15: a gateway that stops hands its channels over at once, in a new epoch', async () => {
  await begin({ config: { ledgerLeaseMs: 60_000 } });
  const urls = await startGateways(2);
  const first = await post(urls[0] as string);
  await gateways[0]?.close();
  const second = await post(urls[1] as string);
  const [before, after] = [first, second].map(({ signed }) => splitSeq(signed?.receipt.seq ?? 0n));
  expect(after?.epoch).toBeGreaterThan(before?.epoch ?? 0n);
  expect(after?.counter).toBe(1n);
  expect(await verifiedChain(urls[1] as string)).toHaveLength(2);
});

test('R28: what a key has spent from its channel and from the next counts against its cap, whoever serves it later', async () => {
  await begin({ channel: { cap: 2n * perCall }, config: { ledgerLeaseMs: 60_000 } });
  const file = setup.config.channelsFile;
  const [record] = JSON.parse(readFileSync(file, 'utf8')) as Record<string, object>[];
  const keys = [
    { apiKeySha256: record?.['apiKeySha256'], name: 'capped', createdAt: '1', capUnits: (6n * perCall).toString() },
  ];
  const channel = { ...setup.channel, tokenId: setup.channel.tokenId + 1n, cap: 100n * perCall, salt: setup.channelId };
  const channelId = channelIdOf(domain, channel, keccak256);
  const next = { ...record, channel, channelId, continues: { rootId: setup.channelId, holder: holderAddress } };
  writeFileSync(file, encodeChannelRecords([{ ...record, keys }, next]));
  const urls = await startGateways(2);
  const served: (string | undefined)[] = [];
  for (let count = 0; count < 4; count++) served.push((await post(urls[0] as string)).signed?.receipt.channelId);
  expect(served).toEqual([setup.channelId, setup.channelId, channelId, channelId]);
  await gateways[0]?.close();
  // At once: the second channel is taken over while calls wait for it.
  const answers = await Promise.all(Array.from({ length: 4 }, () => post(urls[1] as string)));
  expect(answers.map(({ status, code }) => code ?? status).toSorted()).toEqual([
    200,
    200,
    'key_exhausted',
    'key_exhausted',
  ]);
});

/** Callers at all gateways until told to stop; what they were answered. */
function load(urls: () => readonly string[], callers: number) {
  const state = { stopped: false, answers: [] as Answer[], broken: 0 };
  const all = Array.from({ length: callers }, async (_, caller) => {
    for (let at = caller; !state.stopped; at++) {
      const targets = urls();
      try {
        state.answers.push(await post(targets[at % targets.length] as string));
      } catch {
        // Its gateway was killed: the caller does not know what became of the call.
        state.broken++;
      }
    }
  });
  const served = (): number => state.answers.filter(({ status }) => status === 200).length;
  return { state, served, stop: () => ((state.stopped = true), Promise.all(all)) };
}

async function holderIndex(): Promise<number> {
  const { rows } = await sql.query<{ url: string }>(
    'select url from kedge_gateway.channel join kedge_gateway.gateway g on g.epoch = holder',
  );
  return processes.findIndex(({ url }) => url === rows[0]?.url);
}

test('R15: kill -9 of the gateway that serves, under load: another takes over, nothing acknowledged is lost or charged twice', async () => {
  await begin({ config: { ledgerLeaseMs: 1_500 } });
  await startProcesses();
  const alive = new Set(processes.map((_, index) => index));
  const calls = load(() => [...alive].map((index) => processes[index]?.url as string), 12);
  for (let round = 1; round <= 2; round++) {
    const before = calls.served();
    await expect.poll(calls.served, { timeout: 30_000 }).toBeGreaterThan(before + 40);
    const holder = await holderIndex();
    alive.delete(holder);
    processes[holder]?.signal('SIGKILL');
    await processes[holder]?.ended;
    if (round === 1) {
      await startProcesses(1);
      alive.add(3);
    }
    const after = calls.served();
    await expect.poll(calls.served, { timeout: 30_000 }).toBeGreaterThan(after + 40);
  }
  await calls.stop();
  const [url] = [...alive].map((index) => processes[index]?.url as string);
  const chain = await verifiedChain(url as string);
  expect(epochsOf(chain)).toHaveLength(3);
  const known = new Map(chain.map((signed) => [signed.receipt.seq, signed]));
  const acknowledged = calls.state.answers.flatMap(({ signed }) => signed ?? []);
  expect(new Set(seqsOf(acknowledged)).size).toBe(acknowledged.length);
  for (const signed of acknowledged) expect(known.get(signed.receipt.seq)).toEqual(signed);
  // Recorded and not acknowledged: at most what was running when a gateway was killed.
  expect(chain.length - acknowledged.length).toBeLessThanOrEqual(2 * 12);
  expect(calls.state.answers.filter(({ status }) => ![200, 502, 503].includes(status))).toEqual([]);
});

test('R15: a gateway that was stopped past its lease wakes up and cannot record: what it served is not charged', async () => {
  await begin({ config: { ledgerLeaseMs: 1_500 } });
  const urls = await startProcesses(2);
  await post(urls[0] as string);
  let answer: (() => void) | undefined;
  upstream.script = (_, response) => {
    answer = () => answerWith(completion('Late.'))(undefined as never, response);
  };
  const late = post(urls[0] as string);
  await expect.poll(() => answer).toBeDefined();
  processes[0]?.signal('SIGSTOP');
  upstream.script = answerWith(completion('Hello there.'));
  // The first is given to the one that is stopped, which still has its connections; the second comes with a key.
  const [lost, taken] = await Promise.all([post(urls[1] as string), post(urls[1] as string, hello, 'one')]);
  expect(lost).toMatchObject({ status: 502, code: 'gateway_lost' });
  expect(taken).toMatchObject({ status: 200 });
  answer?.();
  processes[0]?.signal('SIGCONT');
  expect(await late).toMatchObject({ status: 503, code: 'channel_elsewhere' });
  // It serves again, through the one that holds the channel now, once it has found its way back.
  await expect.poll(async () => (await post(urls[0] as string)).status, { timeout: 30_000 }).toBe(200);
  const chain = await verifiedChain(urls[0] as string);
  expect(epochsOf(chain)).toHaveLength(2);
  expect(chain.map(({ receipt }) => splitSeq(receipt.seq).counter)).toEqual([1n, 1n, 2n]);
});

test('L8: PostgreSQL restarts under load: calls wait or are refused, none is lost or charged twice', async () => {
  // None loses its channels to another, however slow the machine is.
  await begin({ config: { ledgerLeaseMs: 60_000 } });
  const urls = await startProcesses();
  const calls = load(() => urls, 12);
  for (let round = 0; round < 3; round++) {
    const before = calls.served();
    await expect.poll(calls.served, { timeout: 30_000 }).toBeGreaterThan(before + 40);
    await postgres.kill();
    await postgres.start();
  }
  const before = calls.served();
  await expect.poll(calls.served, { timeout: 30_000 }).toBeGreaterThan(before + 40);
  await calls.stop();
  expect(calls.state.broken).toBe(0);
  const chain = await verifiedChain(urls[0] as string);
  const acknowledged = calls.state.answers.flatMap(({ signed }) => signed ?? []);
  // No gateway died: every call that was recorded was acknowledged.
  expect(seqsOf(acknowledged).toSorted((a, b) => Number(a - b))).toEqual(seqsOf(chain));
  expect(calls.state.answers.filter(({ status }) => ![200, 503].includes(status))).toEqual([]);
  expect(chain.at(-1)?.receipt.cumulativeUnits).toBe(BigInt(chain.length) * perCall);
});

test('R27: answers that the database does not take in time are given up, their receipts are not, and no retry is charged', async () => {
  await begin({ config: { ledgerLeaseMs: 1_000 } });
  const [url] = await startGateways(1);
  await sql.query(`
    create function kedge_gateway.slow() returns trigger language plpgsql as
      $$ begin if length(new.payload) > 10000 then perform pg_sleep(3); end if; return new; end $$;
    create trigger slow before insert on kedge_gateway.answer for each row execute function kedge_gateway.slow()`);
  upstream.script = answerWith(completion('word '.repeat(4_000)));
  const first = await post(url as string, { ...hello, max_tokens: 256 }, 'one');
  expect(first.status).toBe(200);
  const again = await post(url as string, { ...hello, max_tokens: 256 }, 'one');
  expect(again).toMatchObject({ status: 409, code: 'answer_not_kept' });
  expect(upstream.requests).toHaveLength(1);
  expect(await verifiedChain(url as string)).toEqual([first.signed]);
});

test('R15: clocks an hour apart: leases and kept answers are by the database’s time', async () => {
  await begin({ channel: { burst: 1_000_000n } });
  const hour = 3_600_000;
  const urls = await startGateways(3, (index) => Date.now() + (index - 1) * hour);
  const first = await post(urls[0] as string, hello, 'one');
  const others = await Promise.all(urls.map((url) => post(url, hello, 'one')));
  for (const { signed } of others) expect(signed).toEqual(first.signed);
  const answers = await Promise.all(Array.from({ length: 30 }, (_, index) => post(urls[index % 3] as string)));
  expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
  await gateways[0]?.close();
  expect((await post(urls[2] as string, hello, 'one')).signed).toEqual(first.signed);
  expect((await post(urls[2] as string)).status).toBe(200);
  const chain = await verifiedChain(urls[1] as string);
  expect(epochsOf(chain)).toHaveLength(2);
  expect(chain).toHaveLength(32);
  await expect
    .poll(() =>
      setup.logs
        .filter(({ event, from }) => event === 'clock_differs' && from === 'the database')
        .map((l) => l['gateway'])
        .toSorted(),
    )
    .toEqual([0, 2]);
});

test('R18: gateways capture one at a time, what any of them served, and anchor every batch once', async () => {
  await begin({ config: { batchIntervalMs: 100 } });
  const urls = await startGateways();
  for (let round = 1; round <= 3; round++) {
    await Promise.all(Array.from({ length: 15 }, (_, index) => post(urls[index % 3] as string)));
    const used = BigInt(round) * 15n * perCall;
    await expect.poll(() => setup.chain.captured.get(setup.channelId), { timeout: 10_000 }).toBe(used);
  }
  const ranges = setup.chain.mined.flatMap(({ capture }) => capture.anchors);
  const anchored = ranges.flatMap(({ epoch, firstBatch, lastBatch }) =>
    Array.from({ length: Number(lastBatch - firstBatch) + 1 }, (_, at) => `${epoch}/${firstBatch + BigInt(at)}`),
  );
  const { rows } = await sql.query<{ name: string; anchored: boolean }>(
    `select epoch || '/' || batch as name, anchored from kedge_gateway.batch`,
  );
  expect(anchored.toSorted()).toEqual(rows.map(({ name }) => name).toSorted());
  await expect
    .poll(async () => (await sql.query('select from kedge_gateway.batch where not anchored')).rowCount)
    .toBe(0);
  const mined = setup.chain.mined.length;
  for (const url of urls) expect((await fetch(`${url}/admin/capture`, { method: 'POST' })).status).toBe(200);
  expect(setup.chain.mined).toHaveLength(mined);
});

test('a gateway that looks at a channel while another serves and captures from it serves it, too', async () => {
  await begin({ config: { ledger: postgres.url, ledgerLeaseMs: 10_000, batchIntervalMs: 20 } });
  const [first] = await startGateways(1);
  let isBusy = false;
  const readChannel: typeof setup.chain.readChannel = async (channel, channelId) => {
    if (!isBusy) {
      isBusy = true;
      expect((await post(first!)).status).toBe(200);
      await expect.poll(() => setup.chain.captured.get(setup.channelId)).toBe(perCall);
    }
    return setup.chain.readChannel(channel, channelId);
  };
  const config = { ...setup.config, dataDir: join(setup.folder, 'second') };
  const options = { chain: { ...setup.chain, readChannel }, env: { OPERATOR_KEY: operatorKey } };
  const second = await createGateway(config, { ...options, log: { info: ignore, warn: ignore, error: ignore } });
  gateways.push(second);
  expect(isBusy).toBe(true);
  expect(await post(second.url)).toMatchObject({ status: 200, code: undefined });
  expect(await verifiedChain(second.url)).toHaveLength(2);
});

test('what gateways served from a channel that their channels file does not name any more is captured', async () => {
  await begin({ config: { batchIntervalMs: 20 } });
  const [url] = await startGateways(1);
  setup.chain.down = true;
  expect((await post(url as string)).status).toBe(200);
  await gateways.pop()?.close();
  setup.chain.down = false;
  writeFileSync(setup.config.channelsFile, '[]');
  await startGateways(2);
  await expect.poll(() => setup.chain.captured.get(setup.channelId)).toBe(perCall);
});

test('a ledger of another operator or chain is refused, and so is a data folder that has a ledger of its own', async () => {
  await begin();
  await startGateways(1);
  const [gateway] = gateways;
  await expect(setup.start({ chainId: 1, dataDir: join(setup.folder, 'other') })).rejects.toMatchObject({
    code: 'log_foreign',
  });
  const { ledger: _, ...embedded } = setup.config;
  const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };
  const options = { chain: setup.chain, log: quiet, env: { OPERATOR_KEY: operatorKey } };
  await (await createGateway(embedded, options)).close();
  await expect(createGateway(setup.config, options)).rejects.toMatchObject({ code: 'ledger_not_empty' });
  expect((await post(gateway?.url as string)).status).toBe(200);
});

test('a database that is not there is named, without its password', async () => {
  await begin();
  const ledger = 'postgres://kedge:secret-word@127.0.0.1:1/kedge';
  const failure = await setup.start({ ledger }).catch((error: Error) => error);
  expect(failure).toMatchObject({
    code: 'ledger_unreachable',
    values: { reason: expect.stringContaining('ECONNREFUSED') },
  });
  expect(String(failure)).not.toMatch(/secret-word|undefined/);
  await expect(setup.start({ ledger: 'mysql://kedge@127.0.0.1/kedge' })).rejects.toThrow(
    'ledger: expected postgres://user@host/database',
  );
});
