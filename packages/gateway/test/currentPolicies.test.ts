import { decodeSignedReceipt, policyHashOf } from '@kedge/core';
import { createContentStore } from '@kedge/store';
import { zeroHash } from 'viem';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { keccak256 } from '../src/crypto/hashers.js';
import type { Gateway } from '../src/index.js';
import { apiKey, createTestSetup, holderAddress, type TestSetup, testPolicy } from './support/createTestSetup.js';
import { answerWith, completion, type ScriptedUpstream, startScriptedUpstream } from './support/scriptedUpstream.js';

let upstream: ScriptedUpstream;
let setup: TestSetup;
let gateway: Gateway;

beforeEach(async () => {
  upstream = await startScriptedUpstream(answerWith(completion('Hello.')));
  setup = createTestSetup({
    upstreamUrl: upstream.url,
    policy: { models: ['demo', 'other'] },
    config: { policyWatchMs: 20 },
  });
  gateway = await setup.start();
});
afterEach(async () => {
  await gateway.close();
  await upstream.close();
  setup.remove();
});

const authorization = `Bearer ${apiKey}`;

async function call(model: string) {
  const response = await fetch(`${gateway.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization },
    body: JSON.stringify({ model, messages: [{ role: 'user', content: 'Hi' }] }),
  });
  const { values } = (await response.json()) as { values?: Record<string, unknown> };
  return { status: response.status, values, receipt: response.headers.get('kedge-receipt') };
}

type PolicyChange = Parameters<typeof testPolicy>[0];

/** What the class's issuer makes current, and where its document is. */
async function publish(change: PolicyChange, isStored = true): Promise<() => Promise<unknown>> {
  const policy = testPolicy({ models: ['demo', 'other'], ...change });
  const put = () => createContentStore({ dir: setup.config.contentStoreDir }).putJson(policy);
  const elsewhere = createContentStore({ dir: `${setup.folder}/elsewhere` });
  const cid = isStored ? await put() : await elsewhere.putJson(policy);
  const hash = policyHashOf(policy, keccak256);
  setup.chain.currentPolicy = { hash, uri: `ipfs://${cid}` };
  return put;
}

test('R25: a model that the issuer removed is refused at once; others are served at the bought rates', async () => {
  const before = decodeSignedReceipt((await call('demo')).receipt!);
  await publish({ models: ['demo'], rates: { input_tokens: '10', output_tokens: '30' } });
  await expect.poll(async () => (await call('other')).status).toBe(403);
  const refused = await call('other');
  expect(refused.values).toMatchObject({ clause: 'models', currentPolicyHash: setup.chain.currentPolicy.hash });
  const after = decodeSignedReceipt((await call('demo')).receipt!);
  expect(after.receipt.units).toBe(before.receipt.units);
  expect(after.receipt.policyHash).toBe(before.receipt.policyHash);
  const models = await fetch(`${gateway.url}/v1/models`, { headers: { authorization } });
  expect(((await models.json()) as { data: { id: string }[] }).data.map(({ id }) => id)).toEqual(['demo']);
});

test('R25: an operator that the issuer removed serves nothing more, and serves again when it is back', async () => {
  await publish({ operators: [holderAddress] });
  await expect.poll(async () => (await call('demo')).status).toBe(403);
  expect((await call('demo')).values).toMatchObject({ clause: 'operators' });
  await publish({ licence: 'CC0-1.0' });
  await expect.poll(async () => (await call('demo')).status).toBe(200);
});

test('R25: what was removed stays so while the chain does not answer, and where a policy without a hash follows', async () => {
  await publish({ models: ['demo'] });
  await expect.poll(async () => (await call('other')).status).toBe(403);
  setup.chain.currentPolicy = { hash: zeroHash, uri: '' };
  setup.chain.down = true;
  await expect.poll(() => setup.logs.map(({ event }) => event)).toContain('policies_unchecked');
  expect((await call('other')).status).toBe(403);
  expect((await call('demo')).status).toBe(200);
});

test('R25: a policy whose document is not at hand is told once and read when it comes', async () => {
  const put = await publish({ models: ['demo'] }, false);
  const told = () => setup.logs.filter(({ event }) => event === 'policy_unreadable');
  await expect.poll(() => told().length).toBe(1);
  expect(told()[0]).toMatchObject({ level: 'error', classId: 7n, uri: setup.chain.currentPolicy.uri });
  expect((await call('other')).status).toBe(200);
  await put();
  await expect.poll(async () => (await call('other')).status).toBe(403);
  expect(told()).toHaveLength(1);
});

test('R25: a document with another hash than the published one removes nobody', async () => {
  await publish({ models: ['demo'] });
  setup.chain.currentPolicy = { ...setup.chain.currentPolicy, hash: `0x${'12'.repeat(32)}` };
  await expect.poll(() => setup.logs.map(({ event }) => event)).toContain('policy_unreadable');
  expect((await call('other')).status).toBe(200);
});
