import { parseSignedReceipt, valueChannelsAbi } from '@kedge/core';
import { wrapFetchWithPayment } from '@x402/fetch';
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
import { workersIn } from './support/workersSetup.js';

// One gateway of two workers. The public x402 client package pays; the program, the contracts and the chain are real.
const least = 2_000n;
const onePayment = fullPurse - least * oneUnitCosts;

let upstream: ScriptedUpstream;
let setup: TopUpSetup;
let snapshot: Hex;
let runs = 0;

beforeAll(async () => {
  buildGateway();
  upstream = await startScriptedUpstream(answerWith(completion('Hello.')));
  setup = await createTopUpSetup(upstream.url);
});
afterAll(async () => {
  await setup?.remove();
  await upstream?.close();
});
beforeEach(async () => {
  snapshot = await setup.anvil.testClient.snapshot();
  setup.log.length = 0;
  await setup.start({ dataDir: `${setup.config.dataDir}-${++runs}`, workers: 2 });
  await empty(setup.url(), upstream);
});
afterEach(async () => {
  await setup.stop('SIGKILL');
  await setup.anvil.testClient.setAutomine(true);
  await setup.anvil.testClient.revert({ id: snapshot });
});

/** A connection of its own each, so that any worker may be asked. */
const get = (path: string): Promise<Response> =>
  fetch(`${setup.url()}${path}`, { headers: { ...ask().headers, connection: 'close' } });

/** Kills the worker that serves the setup's channel, and waits until it is replaced. */
async function killWorker(): Promise<void> {
  const owner = Number.parseInt(setup.channelId.slice(-8), 16) % 2;
  const pidOf = (): number | undefined => workersIn(setup.log).findLast(({ worker }) => worker === owner)?.pid;
  const killed = pidOf();
  process.kill(killed as number, 'SIGKILL');
  await expect.poll(pidOf, { timeout: 20_000 }).not.toBe(killed);
}

test('R28: with two workers an agent pays through the public x402 client, and every worker knows the channel at once', async () => {
  const paying = wrapFetchWithPayment(fetch, payingClient());
  const answer = await paying(`${setup.url()}/v1/chat/completions`, ask());
  expect(answer.status).toBe(200);
  expect(answer.headers.get('payment-response')).not.toBeNull();
  const { receipt } = receiptOf(answer);
  expect(receipt.channelId).not.toBe(setup.channelId);
  expect(await setup.purse()).toBe(onePayment);
  // No key: a connection goes to one worker after the other.
  const found = await Promise.all(
    Array.from({ length: 6 }, () => get(`/v1/receipts/${receipt.channelId}/${receipt.seq}`)),
  );
  for (const response of found) {
    expect(response.status).toBe(200);
    expect(parseSignedReceipt(await response.json())).toEqual(receiptOf(answer));
  }
  // The process with the log captures from it, too.
  expect((await fetch(`${setup.url()}/admin/capture`, { method: 'POST' })).status).toBe(200);
  const captured = await setup.anvil.publicClient.getContractEvents({
    address: setup.contracts.ValueChannels,
    abi: valueChannelsAbi,
    eventName: 'ChannelCaptured',
    args: { channelId: receipt.channelId },
    fromBlock: 0n,
    strict: true,
  });
  expect(captured.map(({ args }) => args.units)).toEqual([receipt.cumulativeUnits]);
  expect((await post(setup.url(), ask())).status).toBe(200);
});

test('R27: with two workers one payment is taken once, however often, at once and over whichever connections it comes', async () => {
  const paid = await payment(setup.url());
  const answers = await Promise.all(
    Array.from({ length: 6 }, () => post(setup.url(), ask(), { ...paid, connection: 'close' })),
  );
  expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
  expect(new Set(answers.map((answer) => receiptOf(answer).receipt.seq)).size).toBe(1);
  expect(new Set(answers.map(({ headers }) => headers.get('payment-response'))).size).toBe(1);
  expect(await setup.purse()).toBe(onePayment);
  expect((await post(setup.url(), ask('Another question'), paid)).status).toBe(409);
});

test('R28: two workers are paid at once, from one account: both payments are made, and both calls are served', async () => {
  await empty(setup.url(), upstream, otherApiKey);
  const calls = [ask(), ask('Hi', {}, otherApiKey)];
  const paid = await Promise.all(calls.map((call) => payment(setup.url(), call)));
  const answers = await Promise.all(calls.map((call, index) => post(setup.url(), call, paid[index])));
  expect(answers.map(({ status }) => status)).toEqual([200, 200]);
  expect(await setup.purse()).toBe(fullPurse - 2n * least * oneUnitCosts);
});

test('R27: kill -9 of the worker between payment and answer: its successor serves the same payment, and nothing is paid twice', async () => {
  const paid = await payment(setup.url());
  const reached = hanging(upstream);
  const lost = post(setup.url(), ask(), paid).catch(() => undefined);
  await reached;
  await killWorker();
  expect(await lost).toBeUndefined();
  expect(await setup.purse()).toBe(onePayment);
  upstream.script = answerWith(completion('Hello.'));
  const answer = await post(setup.url(), ask(), paid);
  expect(answer.status).toBe(200);
  expect(answer.headers.get('payment-response')).not.toBeNull();
  expect(await setup.purse()).toBe(onePayment);
});

test('R27: kill -9 of the worker before its payment is mined: the process that sent it goes on, and its channel is served', async () => {
  const paid = await payment(setup.url());
  await setup.anvil.testClient.setAutomine(false);
  const lost = post(setup.url(), ask(), paid).catch(() => undefined);
  await expect.poll(setup.waitingPayments).toBe(1);
  await killWorker();
  expect(await lost).toBeUndefined();
  const retried = post(setup.url(), ask(), paid);
  await setup.anvil.testClient.setAutomine(true);
  await setup.anvil.testClient.mine({ blocks: 1 });
  expect((await retried).status).toBe(200);
  expect(await setup.purse()).toBe(onePayment);
});

test('R28: what a gateway with workers was paid is served by one process after a start', async () => {
  const paying = wrapFetchWithPayment(fetch, payingClient());
  const first = await paying(`${setup.url()}/v1/chat/completions`, ask());
  const { channelId } = receiptOf(first).receipt;
  await setup.stop('SIGKILL');
  await setup.start({ dataDir: `${setup.config.dataDir}-${runs}` });
  const answer = await post(setup.url(), ask());
  expect(answer.status).toBe(200);
  expect(receiptOf(answer).receipt.channelId).toBe(channelId);
  expect(await setup.purse()).toBe(onePayment);
});
