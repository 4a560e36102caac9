import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { startPostgres, type TestPostgres } from '@kedge/testing';
import { Client } from 'pg';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { createGateway, type Gateway, type GatewayConfigInput } from '../src/index.js';
import { operatorKey } from './support/createTestSetup.js';
import { answerWith, completion, type ScriptedUpstream, startScriptedUpstream } from './support/scriptedUpstream.js';
import {
  type Answer,
  createWorkersSetup,
  hello,
  post,
  type TestChannel,
  type WorkersSetup,
} from './support/workersSetup.js';

// Two gateways on one PostgreSQL, of which one is stopped while calls come.
const quick = answerWith(completion('Hello there.'));

let postgres: TestPostgres;
let upstream: ScriptedUpstream;
let setup: WorkersSetup;
const gateways: Gateway[] = [];

beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres.close());
afterEach(async () => {
  await Promise.all(gateways.splice(0).map((gateway) => gateway.close()));
  await upstream.close();
  setup.remove();
});

/** Both serve; the first holds both channels. */
async function begin(more: Partial<GatewayConfigInput> = {}) {
  const sql = new Client({ connectionString: postgres.url });
  await sql.connect();
  await sql.query('drop schema if exists kedge_gateway cascade');
  await sql.end();
  upstream = await startScriptedUpstream(quick);
  setup = createWorkersSetup(2, { upstreamUrl: upstream.url, config: { ledger: postgres.url, ...more } });
  for (const name of ['first', 'second']) {
    const config = { ...setup.config, dataDir: join(setup.folder, name) };
    const quiet = (): void => undefined;
    const log = { info: quiet, warn: quiet, error: quiet };
    gateways.push(await createGateway(config, { chain: setup.chain, log, env: { OPERATOR_KEY: operatorKey } }));
  }
  const [first, second] = gateways as [Gateway, Gateway];
  const [one, other] = setup.channels as [TestChannel, TestChannel];
  for (const channel of setup.channels) expect((await post(first.url, channel)).status).toBe(200);
  return { first, second, one, other };
}

/** A call that its upstream works on until `answer` is called. */
async function beginSlow(
  url: string,
  channel: TestChannel,
): Promise<{ answered: Promise<Answer>; answer: () => void }> {
  let answer: () => void = () => undefined;
  const come = new Promise<void>((resolve) => {
    upstream.script = (request, response) => {
      upstream.script = quick;
      answer = () => void quick(request, response);
      resolve();
    };
  });
  const answered = post(url, channel);
  await come;
  return { answered, answer };
}

test('a gateway that stops hands a channel over that no call is at, while it serves those of others', async () => {
  const { first, second, one, other } = await begin();
  const slow = await beginSlow(first.url, one);
  const closing = first.close();
  expect((await post(second.url, other)).status).toBe(200);
  const waiting = post(second.url, one);
  expect(await Promise.race([waiting, slow.answered, closing.then(() => 'closed'), pause(300)])).toBe('paused');
  slow.answer();
  expect((await slow.answered).status).toBe(200);
  expect((await waiting).status).toBe(200);
  await closing;
  for (const channel of setup.channels) expect((await post(second.url, channel)).status).toBe(200);
});

test('a call waits for its channel for as long as a gateway that stops may serve it', async () => {
  const { first, second, one } = await begin({ ledgerLeaseMs: 500, drainMs: 10_000 });
  const slow = await beginSlow(first.url, one);
  const closing = first.close();
  const waiting = post(second.url, one);
  // Longer than three leases.
  expect(await Promise.race([waiting, pause(2_500)])).toBe('paused');
  slow.answer();
  expect((await waiting).status).toBe(200);
  await closing;
});

test('what another gateway passes on as a gateway stops is told so, and no connection is closed under it', async () => {
  const { first, second, one, other } = await begin();
  const slow = await beginSlow(first.url, one);
  const [peer, stranger] = [await openConnection(first.url), await openConnection(first.url)];
  for (const [connection, more] of [
    [peer, 'kedge-passed-on: 1\r\n'],
    [stranger, ''],
  ] as const) {
    connection.socket.write(requestOf(other, more));
    await expect.poll(connection.text).toContain('200 OK');
  }
  const closing = first.close();
  await expect.poll(stranger.isEnded).toBe(true);
  slow.answer();
  await slow.answered;
  // Nothing runs any more, and what was sent before others knew may still come.
  await pause(100);
  peer.socket.write(requestOf(other, 'kedge-passed-on: 1\r\n'));
  await expect.poll(peer.text).toContain('503 Service Unavailable');
  expect(peer.text()).toContain('"code":"draining"');
  await closing;
  expect((await post(second.url, other)).status).toBe(200);
});

const pause = (ms: number): Promise<'paused'> => new Promise((resolve) => setTimeout(() => resolve('paused'), ms));

async function openConnection(url: string) {
  const socket: Socket = connect(Number(new URL(url).port), '127.0.0.1');
  let text = '';
  let isEnded = false;
  socket
    .on('data', (bytes) => (text += bytes.toString()))
    .on('end', () => (isEnded = true))
    .on('error', () => undefined);
  await new Promise((resolve) => socket.once('connect', resolve));
  return { socket, text: () => text, isEnded: () => isEnded };
}

function requestOf({ apiKey }: TestChannel, more: string): string {
  const body = JSON.stringify(hello);
  return `POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${apiKey}\r\n${more}content-length: ${body.length}\r\n\r\n${body}`;
}
