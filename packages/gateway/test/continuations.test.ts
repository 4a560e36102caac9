import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { channelIdOf, decodeSignedReceipt } from '@kedge/core';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { keccak256 } from '../src/crypto/hashers.js';
import type { Gateway } from '../src/index.js';
import { apiKey, createTestSetup, domain, holderAddress, type TestSetup } from './support/createTestSetup.js';
import { answerWith, completion, type ScriptedUpstream, startScriptedUpstream } from './support/scriptedUpstream.js';

let upstream: ScriptedUpstream;
let setup: TestSetup;
let gateway: Gateway;

beforeEach(async () => {
  upstream = await startScriptedUpstream(answerWith(completion('Hello.')));
  // One call of at most 776 units fits, and a second does not.
  setup = createTestSetup({ upstreamUrl: upstream.url, channel: { cap: 780n } });
});
afterEach(async () => {
  await gateway.close();
  await upstream.close();
  setup.remove();
});

async function call(headers: Record<string, string> = {}): Promise<{ status: number; channelId: string | undefined }> {
  const response = await fetch(`${gateway.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${apiKey}`, ...headers },
    body: JSON.stringify({ model: 'demo', messages: [{ role: 'user', content: 'Hi' }] }),
  });
  await response.text();
  const receipt = response.headers.get('kedge-receipt');
  return {
    status: response.status,
    channelId: receipt === null ? undefined : decodeSignedReceipt(receipt).receipt.channelId,
  };
}

/** Puts a channel that continues the first one into the channels file. */
function topUp(serial: bigint, cap = 780n): string {
  const channel = { ...setup.channel, tokenId: setup.channel.tokenId + serial, cap, salt: setup.channelId };
  const channelId = channelIdOf(domain, channel, keccak256);
  const records = entries();
  const next = { ...records[0], channel, channelId, continues: { rootId: setup.channelId, holder: holderAddress } };
  write([...records, next]);
  return channelId;
}
const entries = (): Record<string, unknown>[] => JSON.parse(readFileSync(setup.config.channelsFile, 'utf8'));
const write = (records: unknown): void =>
  writeFileSync(
    setup.config.channelsFile,
    JSON.stringify(records, (_, value: unknown) => (typeof value === 'bigint' ? value.toString() : value)),
  );
/** The gateway reads the file when it meets a key that it does not know. */
const reread = async (): Promise<void> => {
  await (await fetch(`${gateway.url}/v1/models`, { headers: { authorization: 'Bearer changed' } })).text();
};

test('R28: a key pays from its own channel, then from those that continue it, and then it is 402', async () => {
  const [one, two] = [topUp(1n), topUp(2n)];
  gateway = await setup.start();
  const paid = [await call(), await call(), await call(), await call()];
  expect(paid.map(({ channelId }) => channelId)).toEqual([setup.channelId, one, two, undefined]);
  expect(paid[3]?.status).toBe(402);
});

test('R27: an Idempotency-Key is one key for all channels of an API key', async () => {
  const next = topUp(1n);
  gateway = await setup.start();
  await call();
  const first = await call({ 'idempotency-key': 'a' });
  const retried = await call({ 'idempotency-key': 'a' });
  expect([first, retried]).toEqual([
    { status: 200, channelId: next },
    { status: 200, channelId: next },
  ]);
  expect(upstream.requests).toHaveLength(2);
  // And after a restart, from the log.
  await gateway.close();
  gateway = await setup.start();
  expect(await call({ 'idempotency-key': 'a' })).toEqual(retried);
  expect(upstream.requests).toHaveLength(2);
});

test('R28: a top-up while the gateway runs is served without a restart; without its first channel the key goes on', async () => {
  gateway = await setup.start();
  expect(await call()).toMatchObject({ channelId: setup.channelId });
  expect((await call()).status).toBe(402);
  const next = topUp(1n, 10_000n);
  await reread();
  expect(await call()).toMatchObject({ channelId: next });
  write(entries().slice(1));
  await reread();
  expect(await call()).toMatchObject({ channelId: next });
  const other = { ...entries()[0], apiKeySha256: createHash('sha256').update('changed').digest('hex') };
  write([other]);
  await reread();
  expect((await call()).status).toBe(401);
});

test('R28: keys of a channel that left the file keep their terms with those that continue it: what was revoked stays so', async () => {
  const hashOf = (key: string): string => createHash('sha256').update(key).digest('hex');
  const keyOf = (key: string, more: object = {}) => ({ name: key, apiKeySha256: hashOf(key), createdAt: '1', ...more });
  const [one, two] = [topUp(1n, 10_000n), topUp(2n, 10_000n)];
  const [, first, second] = entries();
  // As `kedge channel close` leaves it, and as `kedge key revoke` writes it then.
  write([
    { ...first, keys: [keyOf(apiKey, { revokedAt: '2' }), keyOf('other'), keyOf('capped', { capUnits: '10' })] },
    second,
  ]);
  gateway = await setup.start();
  const by = (key: string) => call({ authorization: `Bearer ${key}` });
  expect((await call()).status).toBe(401);
  expect(await by('other')).toEqual({ status: 200, channelId: one });
  expect((await by('capped')).status).toBe(402);
  // Even where it is the next that is there.
  write([second, { ...first, keys: [keyOf(apiKey, { revokedAt: '2' }), keyOf('other')] }]);
  await reread();
  expect((await call()).status).toBe(401);
  expect((await by('other')).channelId).toBe(two);
});
