import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { encodeChannelRecords } from '@kedge/core';
import { startPostgres, type TestPostgres } from '@kedge/testing';
import { Client } from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { openDatabase } from '../src/ledger/postgres/database.js';
import { forgetAnswers } from '../src/ledger/postgres/forgetAnswers.js';
import { createGateway, type Gateway, type GatewayConfigInput } from '../src/index.js';
import { apiKey, createTestSetup, operatorKey, type TestSetup } from './support/createTestSetup.js';
import { answerWith, completion, type ScriptedUpstream, startScriptedUpstream } from './support/scriptedUpstream.js';

// What a gateway on a real PostgreSQL does while that, or a part of it, does not answer.
const hello = JSON.stringify({ model: 'demo', messages: [{ role: 'user', content: 'Hi' }] });

let postgres: TestPostgres;
let sql: Client;
let upstream: ScriptedUpstream;
let setup: TestSetup;
let gateways: Gateway[] = [];

beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres.close());
beforeEach(async () => {
  upstream = await startScriptedUpstream(answerWith(completion('Hello there.')));
  sql = new Client({ connectionString: postgres.url });
  // It is cut with the others when the server is.
  sql.on('error', () => undefined);
  await sql.connect();
  await sql.query('drop schema if exists kedge_gateway cascade');
});
afterEach(async () => {
  await Promise.all(gateways.map((gateway) => gateway.close()));
  gateways = [];
  await sql.end();
  await upstream.close();
  setup.remove();
});

/** @param callsOfKey Its API key is good for so many calls; without it for all that the channel has. */
async function start(config: Partial<GatewayConfigInput>, callsOfKey?: bigint): Promise<string> {
  const perCall = 20n;
  setup = createTestSetup({
    upstreamUrl: upstream.url,
    policy: { rates: { requests: perCall.toString() } },
    config: { ledger: postgres.url, ...config },
  });
  if (callsOfKey !== undefined) {
    const file = setup.config.channelsFile;
    const [record] = JSON.parse(readFileSync(file, 'utf8')) as Record<string, object>[];
    const { apiKeySha256 } = record ?? {};
    const key = { apiKeySha256, name: 'capped', createdAt: '1', capUnits: (callsOfKey * perCall).toString() };
    writeFileSync(file, encodeChannelRecords([{ ...record, keys: [key] }]));
  }
  return startNext();
}

/** One more, of the same setup. */
async function startNext(): Promise<string> {
  const push = (level: string) => (event: string, fields?: object) => void setup.logs.push({ level, event, ...fields });
  const gateway = await createGateway(
    { ...setup.config, dataDir: join(setup.folder, `gateway-${gateways.length}`) },
    {
      chain: setup.chain,
      log: { info: push('info'), warn: push('warn'), error: push('error') },
      env: { OPERATOR_KEY: operatorKey },
    },
  );
  gateways.push(gateway);
  return gateway.url;
}

async function ask(url: string, init: RequestInit & { headers?: Record<string, string> } = {}) {
  const headers = { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json', ...init.headers };
  const response = await fetch(url, { ...init, headers });
  const json = (await response.json()) as { error?: { code?: string } };
  return { status: response.status, code: json.error?.code, retryAfter: response.headers.get('retry-after') };
}

const call = (url: string, key?: string) =>
  ask(`${url}/v1/chat/completions`, {
    method: 'POST',
    body: hello,
    headers: key === undefined ? {} : { 'idempotency-key': key },
  });

async function refuseBatches(sqlState = '42501'): Promise<void> {
  await sql.query(`
    create function kedge_gateway.refuse() returns trigger language plpgsql as
      $$ begin raise exception 'refused' using errcode = '${sqlState}'; end $$;
    create trigger refuse before insert on kedge_gateway.batch for each row execute function kedge_gateway.refuse()`);
}

const unavailable = { status: 503, code: 'log_unavailable', retryAfter: '2' };

test('R27: what is looked up in a database that does not answer is 503, charges nothing, and is served later', async () => {
  const url = await start({ ledgerLeaseMs: 60_000 });
  expect((await call(url)).status).toBe(200);
  await postgres.kill();
  expect(await call(url, 'one')).toEqual(unavailable);
  expect(await ask(`${url}/v1/receipts/${setup.channelId}/1`)).toEqual(unavailable);
  expect(upstream.requests).toHaveLength(1);
  expect(setup.logs.filter(({ event }) => event === 'request_failed')).toEqual([]);
  const failed = setup.logs.filter(({ event }) => event === 'ledger_query_failed');
  // Captures may have asked for something meanwhile, too.
  expect(failed.map(({ query }) => query)).toContain('kedge_answer');
  await postgres.start();
  expect((await call(url, 'one')).status).toBe(200);
  expect((await call(url, 'one')).status).toBe(200);
  expect(upstream.requests).toHaveLength(2);
});

test('R15: a gateway keeps its lease and serves while one of the tables is locked', async () => {
  const url = await start({ ledgerLeaseMs: 1_000 });
  expect((await call(url)).status).toBe(200);
  await sql.query('begin; lock table kedge_gateway.answer');
  // As many as take up all connections for calls.
  const keyed = Array.from({ length: 12 }, (_, index) => call(url, `key ${index}`));
  await expect.poll(() => setup.logs.filter(({ event }) => event === 'ledger_query_failed').length).toBe(12);
  expect((await call(url)).status).toBe(200);
  await sql.query('rollback');
  for (const answer of await Promise.all(keyed)) expect(answer).toEqual(unavailable);
  expect(setup.logs.filter(({ event }) => event === 'ledger_lease_lapsed')).toEqual([]);
});

test('a call whose receipt the database refuses is served once, whichever gateway it came to', async () => {
  await start({ ledgerLeaseMs: 1_000 });
  const url = await startNext();
  expect((await call(gateways[0]?.url as string)).status).toBe(200);
  await refuseBatches();
  expect(await call(url)).toEqual({ status: 503, code: 'record_refused', retryAfter: '2' });
  expect(upstream.requests).toHaveLength(2);
});

test('R27: what was not recorded is not counted against the cap of its key', async () => {
  const url = await start({}, 1n);
  await refuseBatches();
  expect(await call(url)).toMatchObject({ status: 503, code: 'record_refused' });
  await sql.query('drop function kedge_gateway.refuse cascade');
  expect(await call(url)).toMatchObject({ status: 200 });
  expect(await call(url)).toMatchObject({ status: 402, code: 'key_exhausted' });
});

test('R13: what is recorded is on disk, and nothing fails for being asked at once, whatever the user is set to', async () => {
  const settings = { synchronous_commit: 'off', default_transaction_isolation: 'serializable' };
  for (const [name, value] of Object.entries(settings)) await sql.query(`alter role kedge set ${name} = ${value}`);
  const url = await start({});
  await sql.query(`
    create function kedge_gateway.note() returns trigger language plpgsql as $$ begin
      new.record := concat(current_setting('synchronous_commit'), ', ', current_setting('transaction_isolation'));
      return new;
    end $$;
    create trigger note before insert on kedge_gateway.batch for each row execute function kedge_gateway.note()`);
  expect((await call(url)).status).toBe(200);
  const { rows } = await sql.query('select record from kedge_gateway.batch');
  expect(rows).toEqual([{ record: Buffer.from('on, read committed') }]);
  await sql.query('alter role kedge reset all');
});

test('no upstream is asked for what cannot be recorded: calls are refused while a batch has waited for long', async () => {
  const url = await start({ ledgerLeaseMs: 1_000 });
  await sql.query('begin; lock table kedge_gateway.receipts');
  const waiting = call(url);
  await expect.poll(async () => (await ask(`${url}/readyz`)).status).toBe(503);
  expect(await call(url)).toMatchObject({ status: 503, code: 'log_unavailable' });
  expect(upstream.requests).toHaveLength(1);
  expect(setup.logs.filter(({ event }) => event === 'ledger_lease_lapsed')).toEqual([]);
  await sql.query('rollback');
  expect((await waiting).status).toBe(200);
  expect((await call(url)).status).toBe(200);
});

test('no upstream is asked for what cannot be recorded: calls are refused for a while after one that found no room', async () => {
  const url = await start({ ledgerLeaseMs: 4_000 });
  await refuseBatches('53100');
  expect(await call(url)).toMatchObject({ status: 503, code: 'record_refused' });
  for (let again = 0; again < 3; again++) expect(await call(url)).toMatchObject({ code: 'log_unavailable' });
  expect(upstream.requests).toHaveLength(1);
  await sql.query('drop function kedge_gateway.refuse cascade');
  await expect.poll(async () => (await call(url)).status).toBe(200);
  expect(upstream.requests).toHaveLength(2);
});

test('R27: answers are removed when their keys are retained no more, but for that of a key which is used again just then', async () => {
  await start({});
  const insert = (key: string) => `insert into kedge_gateway.answer (channel_id, key_sha256, at, payload)
    select '\\x01', ${key}, now() - interval '28 hours', 'old'`;
  const left = async (): Promise<number> => {
    const { rowCount } = await other.query(`select from kedge_gateway.answer where at < now() - interval '27 hours'`);
    return rowCount ?? 0;
  };
  const other = new Client({ connectionString: postgres.url });
  await other.connect();
  const quiet = () => undefined;
  const log = { info: quiet, warn: quiet, error: quiet };
  const database = await openDatabase({
    url: postgres.url,
    password: undefined,
    connections: 1,
    timeoutMs: 10_000,
    log,
  });
  await sql.query(insert(`'again'`));
  await sql.query(`begin; update kedge_gateway.answer set at = now(), payload = 'new'`);
  await other.query(`${insert('int4send(key)')} from generate_series(1, 250) as key`);
  const stop = forgetAnswers(database, 10, log);
  await expect.poll(left).toBe(1);
  await sql.query('commit');
  await other.query(insert(`'last'`));
  await expect.poll(left).toBe(0);
  await stop();
  const { rows } = await other.query('select payload from kedge_gateway.answer');
  expect(rows).toEqual([{ payload: Buffer.from('new') }]);
  await database.close();
  await other.end();
});
