import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { parseChannelRecords, zeroAddress, zeroHash, type ChannelRecord } from '@kedge/core';
import { expect, test } from 'vitest';
import { developmentAccount } from '../src/accounts/developmentAccount.js';
import { channelsFileOf, putChannelRecord } from '../src/gateway/channelsFile.js';
import { isApiKeyRevoked } from '../src/up/apiKey.js';
import { demoPolicy } from '../src/up/demoTerms.js';
import { runInProcess, temporaryFolder } from './kedge.js';

const { address } = developmentAccount('operator');
const channelId = `0x${'01'.repeat(32)}` as const;
const hashOf = (key: string): string => createHash('sha256').update(key).digest('hex');

function record(mode: 'capped' | 'strict' = 'capped'): ChannelRecord {
  return {
    name: 'test',
    apiKeySha256: hashOf('first'),
    channelId,
    channel: {
      holder: address,
      tokenId: 2n << 64n,
      operator: address,
      channelKey: address,
      cap: 1_000_000n,
      rate: 1n,
      burst: 1n,
      deadline: 2_000_000_000n,
      grace: 86_400,
      mode,
      salt: zeroHash,
    },
    classId: 2n,
    policy: demoPolicy(address, ['kedge-docs']),
    policyHash: zeroHash,
    lotAsset: zeroAddress,
    edges: [{ classId: 2n, parentIndex: 0n, asset: zeroAddress }],
  };
}

/** A data folder whose gateway serves one channel, and the program run in it. */
async function begin(mode?: 'capped' | 'strict') {
  const cwd = temporaryFolder();
  const file = channelsFileOf(cwd);
  mkdirSync(dirname(file), { recursive: true });
  await putChannelRecord(file, record(mode));
  const run = (...args: string[]) => runInProcess([...args, '--data-dir', cwd], { cwd });
  const json = async (...args: string[]): Promise<Record<string, unknown>> => {
    const { code, stdout, stderr } = await run(...args, '--json');
    if (code !== 0) throw new Error(stderr);
    return JSON.parse(stdout) as Record<string, unknown>;
  };
  const keys = () => parseChannelRecords(JSON.parse(readFileSync(file, 'utf8')))[0]!.keys ?? [];
  return { file, run, json, keys };
}

test('key create prints the key once and keeps only its hash, with its cap and expiry', async () => {
  const { file, json, keys } = await begin();
  const made = await json('key', 'create', '--name', 'intern', '--cap', '50', '--expires', '30d');
  expect(made).toMatchObject({ name: 'intern', channelId, capUnits: '50000' });
  const apiKey = String(made['apiKey']);
  expect(readFileSync(file, 'utf8')).not.toContain(apiKey);
  const [key] = keys();
  expect(key).toMatchObject({ name: 'intern', apiKeySha256: hashOf(apiKey), capUnits: 50_000n });
  expect(key!.expiresAt! - key!.createdAt).toBe(30n * 86_400n);
  expect(made['keyId']).toBe(hashOf(apiKey).slice(0, 16));
});

test('key list shows each key with its state; key revoke is for ever, and works for the first key of a channel', async () => {
  const { file, json, keys, run } = await begin();
  const made = await json('key', 'create', '--name', 'intern');
  const first = hashOf('first').slice(0, 16);
  const active = (await run('key', 'list')).stdout;
  expect(active).toContain('cap none, spent counted with its channel, expires never');
  expect(active).toContain('cap none, spent unknown (name the gateway with --gateway), expires never');
  await json('key', 'revoke', String(made['keyId']));
  const revokedAt = keys()[0]!.revokedAt;
  await json('key', 'revoke', String(made['keyId']));
  expect(keys()[0]!.revokedAt).toBe(revokedAt);
  expect(isApiKeyRevoked(file, 'first')).toBe(false);
  await json('key', 'revoke', first);
  // kedge up says it of its own key.
  expect(isApiKeyRevoked(file, 'first')).toBe(true);
  const { keys: rows } = (await json('key', 'list')) as { keys: { state: string }[] };
  expect(rows).toHaveLength(2);
  for (const row of rows) expect(row.state).toBe('revoked');
  const { stdout } = await run('key', 'list');
  expect(stdout).toContain('intern');
  const unknown = await run('key', 'revoke', 'ffffffffffffffff');
  expect([unknown.code === 0, unknown.stderr]).toEqual([false, expect.stringContaining('kedge key list')]);
  const byName = await run('key', 'revoke', 'intern');
  expect([byName.code, byName.stderr]).toEqual([1, expect.stringContaining(`So called: ${String(made['keyId'])}.`)]);
});

test('keys stay when the record of their channel is written again', async () => {
  const { file, json, keys } = await begin();
  await json('key', 'create');
  await putChannelRecord(file, record());
  expect(keys()).toHaveLength(1);
});

test('a running gateway is told at once', async () => {
  const { json } = await begin();
  const asked: (string | undefined)[] = [];
  const gateway = createServer((request, response) => {
    asked.push(`${request.url} ${request.headers.authorization}`);
    response.end('{}');
  });
  await new Promise<void>((resolve) => gateway.listen(0, '127.0.0.1', resolve));
  await json('key', 'create', '--gateway', `http://127.0.0.1:${(gateway.address() as AddressInfo).port}/v1`);
  // A key that the gateway does not know makes it read its channels file.
  expect(asked).toEqual(['/v1/models Bearer kedge-channels-changed']);
  gateway.close();
});

test('the gateway of the data folder is told without being named, and a key that it may still take is no secret', async () => {
  const { file, json, keys, run } = await begin();
  const asked: (string | undefined)[] = [];
  const gateway = createServer((request, response) => {
    asked.push(request.url);
    response.end('{}');
  });
  await new Promise<void>((resolve) => gateway.listen(0, '127.0.0.1', resolve));
  const { port } = gateway.address() as AddressInfo;
  writeFileSync(join(dirname(file), 'config.json'), JSON.stringify({ port }));
  const made = await json('key', 'create');
  expect(asked).toEqual(['/v1/models']);
  const told = await run('key', 'revoke', String(made['keyId']));
  expect([told.code, told.stderr, asked]).toEqual([0, '', ['/v1/models', '/v1/models']]);
  await new Promise((resolve) => gateway.close(resolve));
  const untold = await run('key', 'revoke', hashOf('first').slice(0, 16));
  expect([untold.code, untold.stderr]).toEqual([0, expect.stringContaining('for some seconds more')]);
  expect(keys().every(({ revokedAt }) => revokedAt !== undefined)).toBe(true);
});

test.each([
  [['--channel', zeroHash], /no such channel/],
  [['--expires', '2001-01-01'], /past/],
  [['--cap', 'many'], /decimal/],
  [['--cap', '0'], /pays for nothing/],
  [['--cap', '18446744073709551.616'], /at most 18446744073709551\.615/],
  [['--expires', '99999999999d'], /later than any date/],
  [['--gateway', 'nowhere'], /http or https URL/],
])('key create %j is refused', async (args, reason) => {
  const { run, keys } = await begin();
  const { code, stderr } = await run('key', 'create', ...args);
  expect(code).not.toBe(0);
  expect(stderr).toMatch(reason);
  expect(keys()).toEqual([]);
});

test('a strict channel has no API keys to make: its channel key pays', async () => {
  const { run } = await begin('strict');
  const { code, stderr } = await run('key', 'create');
  expect([code === 0, stderr]).toEqual([false, expect.stringContaining('capped')]);
});
