import { setTimeout as delay } from 'node:timers/promises';
import { parseSignedReceipt } from '@kedge/core';
import { startPostgres, type TestPostgres } from '@kedge/testing';
import { wrapFetchWithPayment } from '@x402/fetch';
import { Client } from 'pg';
import type { Hex } from 'viem';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { ask, empty, payingClient, payment, post, receiptOf } from './support/agentCalls.js';
import { createTopUpSetup, fullPurse, oneUnitCosts, otherApiKey, type TopUpSetup } from './support/createTopUpSetup.js';
import { buildGateway } from './support/gatewayProcess.js';
import {
  answerWith,
  completion,
  hanging,
  type ScriptedUpstream,
  startScriptedUpstream,
} from './support/scriptedUpstream.js';

// Two gateways on one real PostgreSQL. The public x402 client package pays; the program, the contracts and the chain are real.
const least = 2_000n;
const onePayment = fullPurse - least * oneUnitCosts;

let postgres: TestPostgres;
let upstream: ScriptedUpstream;
let setup: TopUpSetup;
let snapshot: Hex;
let urls: readonly [string, string];
let runs = 0;

beforeAll(async () => {
  buildGateway();
  postgres = await startPostgres();
  upstream = await startScriptedUpstream(answerWith(completion('Hello.')));
  setup = await createTopUpSetup(upstream.url);
});
afterAll(async () => {
  await setup?.remove();
  await upstream?.close();
  await postgres?.close();
});
beforeEach(async () => {
  snapshot = await setup.anvil.testClient.snapshot();
  await sql('drop schema if exists kedge_gateway cascade');
  urls = [await begin(), await begin()];
  // So the first one holds the first channel.
  await empty(urls[0], upstream);
});
afterEach(async () => {
  await setup.stop('SIGKILL');
  await setup.anvil.testClient.setAutomine(true);
  await setup.anvil.testClient.revert({ id: snapshot });
});

async function sql(text: string): Promise<void> {
  const client = new Client({ connectionString: postgres.url });
  await client.connect();
  await client.query(text);
  await client.end();
}

async function begin(): Promise<string> {
  const dataDir = `${setup.config.dataDir}-${++runs}`;
  await setup.start({ dataDir, ledger: postgres.url, ledgerLeaseMs: 1_500 });
  return setup.url();
}

test('R28: an agent pays at one gateway what the other holds: its channel is served at both, and its receipt found at both', async () => {
  const paying = wrapFetchWithPayment(fetch, payingClient());
  const answer = await paying(`${urls[1]}/v1/chat/completions`, ask());
  expect(answer.status).toBe(200);
  expect(answer.headers.get('payment-response')).not.toBeNull();
  expect(await setup.purse()).toBe(onePayment);
  const { channelId, seq } = receiptOf(answer).receipt;
  expect(channelId).not.toBe(setup.channelId);
  for (const url of urls) {
    const found = await fetch(`${url}/v1/receipts/${channelId}/${seq}`, { headers: ask().headers ?? {} });
    expect(found.status).toBe(200);
    expect(parseSignedReceipt(await found.json())).toEqual(receiptOf(answer));
    const next = await post(url, ask());
    expect(next.status).toBe(200);
    expect(receiptOf(next).receipt.channelId).toBe(channelId);
  }
  expect(await setup.purse()).toBe(onePayment);
});

test('R27: the same payment at two gateways at once is settled once, and both answer', async () => {
  const paid = await payment(urls[1]);
  const answers = await Promise.all(
    Array.from({ length: 6 }, (_, index) => post(urls[index % 2] as string, ask(), paid)),
  );
  expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
  expect(new Set(answers.map((answer) => receiptOf(answer).receipt.seq)).size).toBe(1);
  expect(new Set(answers.map(({ headers }) => headers.get('payment-response'))).size).toBe(1);
  expect(await setup.purse()).toBe(onePayment);
});

test('R28: two gateways are paid at once and send from one account: both payments are made, and both calls are served', async () => {
  await empty(urls[1], upstream, otherApiKey);
  const calls = [ask(), ask('Hi', {}, otherApiKey)];
  const paid = await Promise.all(calls.map((call) => payment(urls[0], call)));
  const answers = await Promise.all(calls.map((call, index) => post(urls[index] as string, call, paid[index])));
  expect(answers.map(({ status }) => status)).toEqual([200, 200]);
  expect(await setup.purse()).toBe(fullPurse - 2n * least * oneUnitCosts);
});

test('R27: kill -9 of the gateway that was paid, before its answer: another takes its channels over, and serves the same payment', async () => {
  const paid = await payment(urls[0]);
  const reached = hanging(upstream);
  const lost = post(urls[0], ask(), paid).catch(() => undefined);
  await reached;
  await setup.stop('SIGKILL', urls[0]);
  expect(await lost).toBeUndefined();
  expect(await setup.purse()).toBe(onePayment);
  upstream.script = answerWith(completion('Hello.'));
  const answer = await post(urls[1], ask(), paid);
  expect(answer.status).toBe(200);
  expect(answer.headers.get('payment-response')).not.toBeNull();
  expect(receiptOf(answer).receipt.channelId).not.toBe(setup.channelId);
  expect(await setup.purse()).toBe(onePayment);
  // A gateway that begins later serves from it as well.
  const third = await begin();
  expect((await post(third, ask())).status).toBe(200);
  expect(await setup.purse()).toBe(onePayment);
});

test.each(['before', 'after'])(
  'R27: kill -9 of the gateway whose payment waits, which is mined %s another takes over: it is made once, and serves the same payment',
  async (when) => {
    const { testClient } = setup.anvil;
    const paid = await payment(urls[0]);
    await testClient.setAutomine(false);
    const lost = post(urls[0], ask(), paid).catch(() => undefined);
    await expect.poll(setup.waitingPayments).toBe(1);
    await setup.stop('SIGKILL', urls[0]);
    expect(await lost).toBeUndefined();
    if (when === 'before') await testClient.mine({ blocks: 1 });
    const asked = setup.log.length;
    const retried = post(urls[1], ask(), paid);
    await expect.poll(() => setup.log.slice(asked).join('\n')).toContain('"event":"channel_held"');
    if (when === 'after') {
      // Long enough for another transaction of it to be sent: there is room for one of them.
      await delay(500);
      expect(await setup.waitingPayments()).toBe(1);
      await testClient.mine({ blocks: 1 });
    }
    await testClient.setAutomine(true);
    expect((await retried).status).toBe(200);
    expect(await setup.purse()).toBe(onePayment);
  },
);
