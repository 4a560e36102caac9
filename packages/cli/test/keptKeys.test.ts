import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { parseSignedChannelAccess, type Deployment } from '@kedge/core';
import { createKedgeClient } from '@kedge/sdk';
import { startAnvil, type Anvil } from '@kedge/testing';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { developmentAccount } from '../src/accounts/developmentAccount.js';
import { demoPolicy } from '../src/up/demoTerms.js';
import { configureGateway, runInProcess, runJson, temporaryFolder } from './kedge.js';

// A chain that takes a transaction and is not heard of again: what of a channel is on disk by then?
let anvil: Anvil;
let lossy: Server;
let deployment: Deployment;
let cwd: string;
/** A new folder with the contracts and the policy. */
let folderOf: () => string;
let tokenId: string;
/** What was in the data folder's channels as the transaction arrived; the RPC is silent since. */
let foundAtSending: string[] | undefined;

const names = (folder: string): string[] => readdirSync(folder).toSorted();
const channels = (): string => join(cwd, '.kedge', 'channels');
const chainOf = (rpcUrl: string): string[] => ['--rpc', rpcUrl, '--contracts', 'contracts.json'];
const openArgs = (): string[] => ['channel', 'open', tokenId, '--units', '100', '--policy', 'policy.json'];
const openLossy = (...args: string[]) => {
  const rpcUrl = `http://127.0.0.1:${(lossy.address() as AddressInfo).port}`;
  return runInProcess([...openArgs(), ...args, '--json', ...chainOf(rpcUrl)], { cwd });
};

beforeAll(async () => {
  anvil = await startAnvil();
  lossy = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => void pass(Buffer.concat(chunks).toString()));
    const pass = async (body: string): Promise<void> => {
      if (foundAtSending !== undefined) return void response.destroy();
      if (body.includes('eth_sendRawTransaction')) foundAtSending = names(channels());
      const headers = { 'content-type': 'application/json' };
      const answer = await (await fetch(anvil.rpcUrl, { method: 'POST', headers, body })).text();
      if (foundAtSending !== undefined) return void response.destroy();
      response.writeHead(200, headers).end(answer);
    };
  });
  await new Promise<void>((resolve) => lossy.listen(0, '127.0.0.1', resolve));
  const setUp = temporaryFolder();
  deployment = await runJson<Deployment>(['deploy', '--rpc', anvil.rpcUrl], { cwd: setUp });
  writeFileSync(join(setUp, 'contracts.json'), JSON.stringify(deployment));
  const policy = demoPolicy(developmentAccount('operator').address, ['test-model']);
  writeFileSync(join(setUp, 'policy.json'), JSON.stringify(policy));
  const create = ['class', 'create', '--name', 'Agent', '--policy', 'policy.json', '--sell', '5000'];
  await runJson([...create, ...chainOf(anvil.rpcUrl)], { cwd: setUp });
  tokenId = (await runJson<{ tokenId: string }>(['buy', '1', '1000', ...chainOf(anvil.rpcUrl)], { cwd: setUp }))
    .tokenId;
  folderOf = () => {
    const folder = temporaryFolder();
    for (const file of ['contracts.json', 'policy.json'])
      writeFileSync(join(folder, file), readFileSync(join(setUp, file)));
    return folder;
  };
});
beforeEach(() => {
  foundAtSending = undefined;
  cwd = folderOf();
});

afterAll(async () => {
  lossy?.close();
  lossy?.closeAllConnections();
  await anvil?.stop();
});

test('R12: a channel whose opening was not heard of is spent with the key that was kept before', async () => {
  const { code, stdout, stderr } = await openLossy();
  expect([code, stdout]).toEqual([3, '']);
  const error = errorOf(stderr);
  expect(error.code).toBe('channel_may_be_open');
  const { channelId, keptIn } = error.values;
  expect(foundAtSending).toEqual([`${channelId}.api-key`]);
  expect(keptIn).toBe(join(channels(), `${channelId}.api-key`));
  expect(statSync(keptIn).mode & 0o777).toBe(0o600);
  const apiKey = readFileSync(keptIn, 'utf8').trim();
  const access = readFileSync(join(cwd, `kedge-channel-${channelId.slice(2, 10)}.json`), 'utf8');
  expect(access).not.toContain(apiKey);
  const { channel, apiKeySha256 } = parseSignedChannelAccess(JSON.parse(access));
  expect(apiKeySha256).toBe(createHash('sha256').update(apiKey).digest('hex'));
  const client = createKedgeClient({ publicClient: anvil.publicClient, deployment });
  expect(await client.getChannelState({ channel })).toMatchObject({ open: true, capturedUnits: 0n });
});

test('R12: beside its gateway, the file that was kept tells the gateway of the channel afterwards', async () => {
  const gateway = join(cwd, '.kedge', 'gateway');
  configureGateway(cwd, deployment);
  const { code, stderr } = await openLossy();
  expect(code).toBe(3);
  const error = errorOf(stderr);
  const { channelId } = error.values;
  expect(foundAtSending).toEqual([`${channelId}.access`, `${channelId}.api-key`]);
  expect(names(gateway)).toEqual(['config.json']);
  const access = join(channels(), `${channelId}.access`);
  expect(error.hints[1]).toContain(`kedge channel add ${access}`);
  await runJson(['channel', 'add', access, '--policy', 'policy.json', ...chainOf(anvil.rpcUrl)], { cwd });
  expect(readFileSync(join(gateway, 'channels.json'), 'utf8')).toContain(channelId);
});

test('beside the gateway of another chain, or of other contracts, the operator gets its file', async () => {
  for (const other of [
    { ...deployment, chainId: 5 },
    { ...deployment, contracts: { ...deployment.contracts, ValueChannels: deployment.contracts.ValueMarket } },
  ]) {
    cwd = folderOf();
    configureGateway(cwd, other);
    const opened = await runJson<{ accessFile?: string }>([...openArgs(), ...chainOf(anvil.rpcUrl)], { cwd });
    expect(names(join(cwd, '.kedge', 'gateway'))).toEqual(['config.json']);
    parseSignedChannelAccess(JSON.parse(readFileSync(opened.accessFile!, 'utf8')));
  }
});

test('R11: the keys of a strict channel are kept before it is opened', async () => {
  await openLossy('--mode', 'strict');
  expect(foundAtSending).toEqual([expect.stringMatching(/^0x[0-9a-f]{64}\.json$/)]);
  const kept = JSON.parse(readFileSync(join(channels(), foundAtSending![0]!), 'utf8')) as Record<string, unknown>;
  expect(kept).toMatchObject({ apiKey: expect.stringMatching(/^kedge-/), channelKey: expect.stringMatching(/^0x/) });
});

test('channel open says where the API key is, and keeps nothing of a channel that the chain refuses', async () => {
  mkdirSync(join(cwd, '.kedge', 'gateway'), { recursive: true });
  const open = (...args: string[]) => runInProcess([...openArgs(), ...args, ...chainOf(anvil.rpcUrl)], { cwd });
  const refused = await open('--grace', '1h');
  expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('grace')]);
  expect(names(channels())).toEqual([]);
  const { stdout } = await open();
  const [file, ...others] = names(channels());
  expect(others).toEqual([]);
  const path = join(channels(), file!);
  expect(stdout).toContain(`The API key is kept in ${path}.`);
  expect(stdout).toContain(readFileSync(path, 'utf8').trim());
});

type Said = {
  readonly code: string;
  readonly values: { readonly channelId: string; readonly keptIn: string };
  readonly hints: readonly string[];
};

/** The last line, whatever was noted before. */
const errorOf = (stderr: string): Said => (JSON.parse(stderr.trimEnd().split('\n').at(-1)!) as { error: Said }).error;

test('what no gateway would serve is said before value is locked', async () => {
  const chain = chainOf(anvil.rpcUrl);
  const other = developmentAccount('consumer').address;
  const refused = async (folder: string, ...args: string[]) => {
    const { code, stderr } = await runInProcess([...openArgs(), ...args, '--json', ...chain], { cwd: folder });
    return [code, errorOf(stderr).code];
  };
  expect(await refused(cwd, '--operator', other)).toEqual([1, 'channel_unservable']);
  expect(await refused(cwd, '--channel-key', other)).toEqual([1, 'channel_unservable']);
  expect(names(cwd).toSorted()).toEqual(['contracts.json', 'policy.json']);
  const policy = JSON.parse(readFileSync(join(cwd, 'policy.json'), 'utf8'));
  policy.tokenizer.package = 'gpt-tokenizer@1.0.0';
  writeFileSync(join(cwd, 'policy.json'), JSON.stringify(policy));
  const { code, stderr } = await runInProcess(
    ['class', 'create', '--name', 'Agent', '--policy', 'policy.json', ...chain],
    { cwd },
  );
  expect([code, stderr]).toEqual([2, expect.stringContaining('its policy pins gpt-tokenizer@1.0.0')]);
});
