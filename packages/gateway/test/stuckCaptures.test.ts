import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseGatewayLive } from '@kedge/core';
import { developmentAccount } from '@kedge/testing';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Gateway } from '../src/index.js';
import { replacementFees } from '../src/chain/replacementFees.js';
import { type ChainSetup, createChainSetup, use } from './support/createChainSetup.js';
import { answerWith, completion, type ScriptedUpstream, startScriptedUpstream } from './support/scriptedUpstream.js';

let upstream: ScriptedUpstream;
let setup: ChainSetup;
let gateway: Gateway;

beforeEach(async () => {
  upstream = await startScriptedUpstream(answerWith(completion('Hello there.')));
  setup = await createChainSetup(upstream.url, 1);
  gateway = await setup.start();
  for (const { apiKey } of setup.channels) expect(await use(gateway.url, apiKey)).toBe(200);
});
afterEach(async () => {
  await gateway.close();
  await setup.remove();
  await upstream.close();
});

/** Asks for a capture, and lets the gateway's patience with the chain run out in a few looks at it. */
async function capture(): Promise<number> {
  let clock = setup.now();
  setup.now = () => (clock += 10_000);
  const { status } = await fetch(`${gateway.url}/admin/capture`, { method: 'POST' });
  const now = clock;
  setup.now = () => now;
  return status;
}

/** The signed transaction, as the log has it. */
function rawIn(log: string, hash: string): `0x${string}` {
  const record = new RegExp(`"hash":"${hash}","raw":"(0x[0-9a-f]+)"`).exec(log);
  return record?.[1] as `0x${string}`;
}

const captured = async (): Promise<boolean> =>
  (await Promise.all(setup.channels.map(({ channel }) => setup.capturedOf(channel)))).every((units) => units > 0n);
const transactions = async () =>
  parseGatewayLive(await (await fetch(`${gateway.url}/admin/live`)).json()).batches.transactions;

test('a capture that fees have outgrown fifty times is replaced at its nonce, and captured once', async () => {
  const { testClient, publicClient } = setup.anvil;
  await testClient.setAutomine(false);
  expect(await capture()).toBe(503);
  const nonce = await setup.nonce();
  const { baseFeePerGas } = await publicClient.getBlock();
  await testClient.setNextBlockBaseFeePerGas({ baseFeePerGas: (baseFeePerGas ?? 1n) * 50n });
  await testClient.mine({ blocks: 1 });
  expect(await setup.nonce()).toBe(nonce);
  await testClient.setAutomine(true);
  await expect.poll(capture, { timeout: 30_000 }).toBe(200);
  expect(await captured()).toBe(true);
  expect(await setup.nonce()).toBe(nonce + 1);
  expect(await transactions()).toMatchObject([{ state: 'confirmed', batches: 1 }]);
  expect(setup.logs.filter(({ event }) => event === 'transaction_replaced').length).toBeGreaterThan(0);
  // The journal says so to the next run, too.
  await gateway.close();
  gateway = await setup.start();
  expect(await capture()).toBe(200);
  expect(await setup.nonce()).toBe(nonce + 1);
});

test('a capture that its operator has no coin for says who needs some, and is sent when it came', async () => {
  const { testClient } = setup.anvil;
  const { address } = developmentAccount(1);
  await testClient.setBalance({ address, value: 0n });
  expect(await capture()).toBe(503);
  expect(setup.logs).toContainEqual(
    expect.objectContaining({
      event: 'capture_postponed',
      reason: expect.stringContaining(`${address} has too little of the chain's coin`),
    }),
  );
  await testClient.setBalance({ address, value: 10n ** 18n });
  await expect.poll(capture, { timeout: 30_000 }).toBe(200);
  expect(await captured()).toBe(true);
});

test('a capture that was replaced and is mined all the same counts, and nothing is anchored twice', async () => {
  const { testClient, publicClient } = setup.anvil;
  await testClient.setAutomine(false);
  expect(await capture()).toBe(503);
  const nonce = await setup.nonce();
  const first = await publicClient.getBlock({ blockTag: 'pending', includeTransactions: true });
  expect(await capture()).toBe(503);
  const second = await publicClient.getBlock({ blockTag: 'pending', includeTransactions: true });
  const [old, replacement] = [first.transactions[0], second.transactions[0]];
  expect(replacement?.nonce).toBe(old?.nonce);
  expect(replacement?.hash).not.toBe(old?.hash);
  expect(replacement?.maxFeePerGas).toBeGreaterThanOrEqual(((old?.maxFeePerGas ?? 0n) * 9n) / 8n);
  expect(replacement?.maxPriorityFeePerGas).toBeGreaterThanOrEqual(((old?.maxPriorityFeePerGas ?? 0n) * 9n) / 8n);
  // Another node still had the first: here it comes back in the place of the second.
  const raw = rawIn(readFileSync(join(setup.dataDir, 'ledger.log'), 'latin1'), old?.hash as string);
  await testClient.dropTransaction({ hash: replacement?.hash as `0x${string}` });
  await publicClient.sendRawTransaction({ serializedTransaction: raw });
  await testClient.mine({ blocks: 1 });
  await testClient.setAutomine(true);
  expect(await capture()).toBe(200);
  expect(await captured()).toBe(true);
  expect(await setup.nonce()).toBe(nonce + 1);
  expect(await transactions()).toMatchObject([{ state: 'confirmed', hash: old?.hash, batches: 1 }]);
  await gateway.close();
  gateway = await setup.start();
  expect(await capture()).toBe(200);
  expect(await setup.nonce()).toBe(nonce + 1);
});

/** The chain's newest block, and so what it asks for the next. */
async function mineAt(gwei: bigint): Promise<void> {
  await setup.anvil.testClient.setNextBlockBaseFeePerGas({ baseFeePerGas: gwei * 10n ** 9n });
  await setup.anvil.testClient.mine({ blocks: 1 });
}
const postponed = (): unknown[] => setup.logs.filter(({ event }) => event === 'capture_postponed');

test('while gas costs more than maxFeePerGasGwei nothing is sent, which the log and the metrics say', async () => {
  const nonce = await setup.nonce();
  await mineAt(1_000n);
  expect(await capture()).toBe(503);
  expect(postponed().at(-1)).toMatchObject({
    level: 'warn',
    reason: expect.stringMatching(/^Gas costs 1[0-9]{3}[0-9.]* gwei by the node, and maxFeePerGasGwei allows 500/),
  });
  const metrics = await (await fetch(`${gateway.url}/metrics`)).text();
  expect(metrics).toMatch(/^kedge_captures_postponed_total 1$/m);
  expect(await setup.anvil.testClient.getTxpoolStatus()).toEqual({ pending: 0, queued: 0 });
  expect(await setup.nonce()).toBe(nonce);
  await mineAt(1n);
  expect(await capture()).toBe(200);
  expect(await captured()).toBe(true);
});

test('a capture that was priced in a spike and could not be paid is priced anew when gas is cheap again', async () => {
  const { testClient } = setup.anvil;
  const { address } = developmentAccount(1);
  const nonce = await setup.nonce();
  await testClient.setBalance({ address, value: 10n ** 15n });
  await mineAt(200n);
  expect(await capture()).toBe(503);
  expect(postponed().at(-1)).toMatchObject({
    reason: expect.stringMatching(/: 0\.001 of it, and up to 0\.0[0-9]+ is needed/),
  });
  const sent = (): unknown[] => setup.logs.filter(({ event }) => event === 'transaction_dropped');
  expect(await capture()).toBe(503);
  expect(sent()).toEqual([]);
  await mineAt(1n);
  expect(await capture()).toBe(200);
  expect(await captured()).toBe(true);
  expect(await setup.nonce()).toBe(nonce + 1);
  expect(sent()).toHaveLength(1);
});

test('a capture that waits is not replaced for more than maxFeePerGasGwei', async () => {
  const { testClient, publicClient } = setup.anvil;
  await testClient.setAutomine(false);
  expect(await capture()).toBe(503);
  await mineAt(1_000n);
  expect(await capture()).toBe(503);
  expect(postponed().at(-1)).toMatchObject({ reason: expect.stringContaining('maxFeePerGasGwei allows 500') });
  const { transactions: waiting } = await publicClient.getBlock({ blockTag: 'pending', includeTransactions: true });
  for (const { maxFeePerGas } of waiting) expect(maxFeePerGas).toBeLessThan(500n * 10n ** 9n);
  await mineAt(1n);
  await testClient.setAutomine(true);
  await expect.poll(capture, { timeout: 30_000 }).toBe(200);
  expect(await captured()).toBe(true);
});

test('a replacement offers an eighth more at least on both fees, and what the chain asks now if that is more', () => {
  for (const [now, before] of [
    [10n, 10n],
    [0n, 0n],
    [500n, 10n],
    [10n, 500n],
  ] as const) {
    const fees = replacementFees(
      { maxFeePerGas: now * 2n, maxPriorityFeePerGas: now },
      { maxFeePerGas: before * 2n, maxPriorityFeePerGas: before },
    );
    expect(fees.maxPriorityFeePerGas).toBeGreaterThanOrEqual(now);
    expect(fees.maxFeePerGas).toBeGreaterThanOrEqual(now * 2n);
    expect(fees.maxPriorityFeePerGas * 8n).toBeGreaterThan(before * 9n);
    expect(fees.maxFeePerGas * 8n).toBeGreaterThan(before * 18n);
    expect(fees.maxFeePerGas).toBeGreaterThanOrEqual(fees.maxPriorityFeePerGas);
  }
});
