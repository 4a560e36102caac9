import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  decodeSignedReceipt,
  dueCommentPrefix,
  encodeSignedVoucher,
  parseApiKeyUse,
  signedVoucherToJson,
  voucherDigest,
  voucherHeader,
  zeroHash,
} from '@kedge/core';
import { expect, onTestFinished, test } from 'vitest';
import { keccak256 } from '../src/crypto/hashers.js';
import { channelKey, createStrictSetup } from './support/createStrictSetup.js';
import { apiKey, domain, type TestSetup } from './support/createTestSetup.js';
import { answerWith, chunkEvent, completion, startScriptedUpstream } from './support/scriptedUpstream.js';
import { refusalOf, startSurfaceTest, type SurfaceTest } from './support/surfaceTest.js';

const hello = { model: 'demo', max_tokens: 10, messages: [{ role: 'user', content: 'Hi' }] };
const script = answerWith(completion('Hello.'));
const hashOf = (key: string): string => createHash('sha256').update(key).digest('hex');
const now = (): number => Math.floor(Date.now() / 1_000);

type Terms = { capUnits?: string; expiresAt?: string; revokedAt?: string };

/** Writes the channels file as `kedge key` does. */
function writeKeys({ setup }: { readonly setup: TestSetup }, keys: Record<string, Terms>): void {
  const file = setup.config.channelsFile;
  const [record] = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>[];
  const written = Object.entries(keys).map(([key, terms]) => ({
    name: key,
    apiKeySha256: hashOf(key),
    createdAt: '1',
    ...terms,
  }));
  writeFileSync(file, JSON.stringify([{ ...record, keys: written }]));
}

const reread = async ({ gateway }: SurfaceTest): Promise<void> => {
  await fetch(`${gateway.url}/v1/models`, { headers: { authorization: 'Bearer unknown' } });
};
const call = async (it: SurfaceTest, key: string) => {
  const { status, text } = await it.post('/v1/chat/completions', hello, { authorization: `Bearer ${key}` });
  return { status, code: status === 200 ? undefined : refusalOf(text).error.code, text };
};

test('a key that is added pays from its channel at once; a revoked one is 401 at once; others are as before', async () => {
  const it = await startSurfaceTest({ script });
  expect((await call(it, 'second')).status).toBe(401);
  writeKeys(it, { second: {} });
  expect((await call(it, 'second')).status).toBe(200);
  writeKeys(it, { second: { revokedAt: '2' } });
  await reread(it);
  expect(await call(it, 'second')).toMatchObject({ status: 401, code: 'key_revoked' });
  expect((await call(it, apiKey)).status).toBe(200);
});

test("a channel's first key can be revoked, too, and a key that left the file is unknown", async () => {
  const it = await startSurfaceTest({ script });
  writeKeys(it, { [apiKey]: { revokedAt: '2' }, second: {} });
  await reread(it);
  expect((await call(it, apiKey)).code).toBe('key_revoked');
  expect((await call(it, 'second')).status).toBe(200);
  writeKeys(it, { [apiKey]: { revokedAt: '2' } });
  await reread(it);
  expect((await call(it, 'second')).code).toBe('key_unknown');
});

test('a key expires at its moment', async () => {
  const it = await startSurfaceTest({ script });
  const expiresAt = now() + 1_000;
  writeKeys(it, { second: { expiresAt: String(expiresAt) } });
  it.setup.now = () => expiresAt * 1_000 - 1;
  expect((await call(it, 'second')).status).toBe(200);
  it.setup.now = () => expiresAt * 1_000;
  expect((await call(it, 'second')).code).toBe('key_expired');
});

test('a key without a cap, under a policy without one, spends no more than its channel holds, whatever runs at once', async () => {
  const it = await startSurfaceTest({ script, channel: { cap: 100n }, config: { contentionWaitMs: 10_000 } });
  expect(it.setup.policy.caps.unitsPerCall).toBeUndefined();
  writeKeys(it, { second: {} });
  // Each call may need 38 units and uses 14: five are 70, and a sixth may need more than the 30 that are left.
  const answers = await Promise.all(Array.from({ length: 20 }, () => call(it, 'second')));
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(5);
  expect(answers.filter(({ status, code }) => status === 402 && code === 'value_exhausted')).toHaveLength(15);
  expect(it.upstream.requests).toHaveLength(5);
});

test('a key spends no more than its cap, whatever runs at once, and no more after a restart; the channel has more', async () => {
  const it = await startSurfaceTest({ script, config: { contentionWaitMs: 10_000 } });
  // Each call may need 8 + 3 x 10 = 38 units and uses 14: three are 42, and a fourth may need 80.
  writeKeys(it, { second: { capUnits: '79' } });
  const answers = await Promise.all(Array.from({ length: 20 }, () => call(it, 'second')));
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(3);
  expect(answers.filter(({ code }) => code === 'key_exhausted')).toHaveLength(17);
  expect(refusalOf(answers.find(({ status }) => status === 402)!.text).values).toMatchObject({
    clause: 'key.capUnits',
  });
  expect((await call(it, apiKey)).status).toBe(200);
  await it.gateway.close();
  const again = await it.setup.start();
  const response = await fetch(`${again.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: 'Bearer second' },
    body: JSON.stringify(hello),
  });
  expect(response.status).toBe(402);
  const use = (await (await fetch(`${again.url}/admin/keys`)).json()) as { keys: unknown[] };
  const [told] = parseApiKeyUse(use);
  expect(use.keys).toHaveLength(1);
  expect(told).toMatchObject({ keyId: hashOf('second').slice(0, 16), channelId: it.setup.channelId, usedUnits: 42n });
  await again.close();
});

test('a key reads receipts of its own calls only, also after a restart; the first key of the channel reads all', async () => {
  const it = await startSurfaceTest({ script });
  writeKeys(it, { [apiKey]: {}, second: {}, third: {} });
  const receiptOf = async (key: string) => {
    const { headers } = await it.post('/v1/chat/completions', hello, { authorization: `Bearer ${key}` });
    return decodeSignedReceipt(headers.get('kedge-receipt')!).receipt.seq;
  };
  const ofAll = { first: await receiptOf(apiKey), second: await receiptOf('second'), third: await receiptOf('third') };
  const read = async (url: string, key: string) => {
    const answers = Object.entries(ofAll).map(async ([owner, seq]) => {
      const headers = { authorization: `Bearer ${key}` };
      const response = await fetch(`${url}/v1/receipts/${it.setup.channelId}/${seq}`, { headers });
      return response.status === 200 ? [owner] : [];
    });
    return (await Promise.all(answers)).flat();
  };
  const readByAll = async (url: string) => [
    await read(url, apiKey),
    await read(url, 'second'),
    await read(url, 'third'),
  ];
  const expected = [['first', 'second', 'third'], ['second'], ['third']];
  expect(await readByAll(it.gateway.url)).toEqual(expected);
  // Without terms of its own it is the same key.
  writeKeys(it, { second: {}, third: {} });
  await reread(it);
  expect(await readByAll(it.gateway.url)).toEqual(expected);
  await it.gateway.close();
  const again = await it.setup.start();
  onTestFinished(() => again.close());
  expect(await readByAll(again.url)).toEqual(expected);
});

test('what a key spent in a stream that the gateway was killed in counts against its cap at once', async () => {
  const upstream = await startScriptedUpstream((_, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    // Words without an end.
    for (let word = 0; word < 40; word++) response.write(chunkEvent({ content: ` word${word}` }));
  });
  const setup = createStrictSetup(upstream.url, { startUnits: '12', voucherWaitMs: 60_000 });
  writeKeys({ setup }, { second: { capUnits: '1000' } });
  const gateway = await setup.start();
  onTestFinished(async () => {
    await gateway.close();
    await upstream.close();
    setup.remove();
  });
  const sign = async (cumulativeUnits: bigint) => {
    const voucher = { channelId: setup.channelId, cumulativeUnits, receiptHash: zeroHash, seq: 0n };
    return { voucher, signature: await channelKey.sign({ hash: voucherDigest(domain, voucher, keccak256) }) };
  };
  const headers = { authorization: 'Bearer second' };
  const answer = await fetch(`${gateway.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { ...headers, [voucherHeader]: encodeSignedVoucher(await sign(8n)) },
    body: JSON.stringify({ ...hello, max_tokens: 200, stream: true }),
  });
  const reader = answer.body!.getReader();
  let text = '';
  while (!text.includes(dueCommentPrefix)) text += Buffer.from((await reader.read()).value ?? []).toString();
  const due = /^: kedge-due (\d+)$/m.exec(text)?.[1] ?? '';
  const body = JSON.stringify(signedVoucherToJson(await sign(BigInt(due))));
  expect((await fetch(`${gateway.url}/v1/vouchers`, { method: 'POST', headers, body })).status).toBe(200);
  // As a kill in the middle of the stream leaves it.
  const dataDir = join(setup.folder, 'killed');
  mkdirSync(dataDir);
  cpSync(join(setup.config.dataDir, 'ledger.log'), join(dataDir, 'ledger.log'));
  for (let start = 0; start < 2; start++) {
    const again = await setup.start({ dataDir });
    const [told] = parseApiKeyUse(await (await fetch(`${again.url}/admin/keys`)).json());
    expect(told).toMatchObject({ usedUnits: BigInt(due) });
    await again.close();
  }
  await reader.cancel();
});

test('keys are at rest as hashes only: no file of the gateway and no line of its log has one', async () => {
  const it = await startSurfaceTest({ script });
  const key = 'kedge-a-key-that-nobody-shall-find';
  writeKeys(it, { [`${key}`]: {} });
  writeFileSync(
    it.setup.config.channelsFile,
    readFileSync(it.setup.config.channelsFile, 'utf8').replace(`"name":"${key}"`, '"name":"x"'),
  );
  expect((await call(it, key)).status).toBe(200);
  await it.gateway.close();
  const files = readdirSync(it.setup.folder, { recursive: true, withFileTypes: true }).filter((one) => one.isFile());
  expect(files.length).toBeGreaterThan(1);
  for (const file of files) expect(readFileSync(join(file.parentPath, file.name)).includes(key)).toBe(false);
  const logged = JSON.stringify(it.setup.logs, (_, value: unknown) =>
    typeof value === 'bigint' ? String(value) : value,
  );
  expect(logged).not.toContain(key);
});
