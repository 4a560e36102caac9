import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { policyHashOf, zeroAddress, type Policy } from '@kedge/core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { developmentAccount } from '../src/accounts/developmentAccount.js';
import { roleAccount } from '../src/accounts/resolveAccount.js';
import { keccak256 } from '../src/keccak256.js';
import { startAgentClass, type AgentClass } from './agentClass.js';
import { configureGateway, runInProcess, runJson, temporaryFolder } from './kedge.js';

// The issuer and the gateway's operator have a folder each: a policy that one publishes is not in the other's content store.
const issuerFolder = temporaryFolder();
let cwd: AgentClass['cwd'];
let anvil: AgentClass['anvil'];
let chain: AgentClass['chain'];
let policy: AgentClass['policy'];
let kedge: AgentClass['kedge'];
let here: AgentClass['kedgeJson'];
let next: Policy;
let channelsFile: string;
const atIssuer = (...args: string[]) => runJson<Record<string, string>>([...args, ...chain], { cwd: issuerFolder });

beforeAll(async () => {
  const made = await startAgentClass();
  ({ cwd, anvil, chain, policy, kedge, kedgeJson: here } = made);
  next = { ...policy, models: ['test-model', 'next-model'] };
  for (const folder of [issuerFolder, cwd]) {
    for (const [file, json] of Object.entries({ contracts: made.deployment, policy, next }))
      writeFileSync(join(folder, `${file}.json`), JSON.stringify(json));
  }
  configureGateway(cwd, made.deployment);
  channelsFile = join(cwd, '.kedge', 'gateway', 'channels.json');
});
afterAll(() => anvil.stop());

test('deposit, deposit sweep and deposit refund top a channel up by a plain payment, for the same key (R28)', async () => {
  const { tokenId } = await here('buy', '2', '10');
  const { channelId } = await here('channel', 'open', tokenId!);
  const shown = await here('deposit', channelId!, '--units', '5');
  const cost = 5n * 10n ** 15n;
  expect(shown).toMatchObject({ channelId, lot: 1, units: '5000', cost: String(cost), deposited: '0' });
  const tooMany = await kedge('deposit', channelId!, '--units', '18446744073709551.616');
  expect([tooMany.code, tooMany.stdout]).toEqual([2, '']);
  expect(tooMany.stderr).toContain('--units is at most 18446744073709551.615, not 18446744073709551.616.');
  const other = await here('deposit', channelId!, '--refund-to', developmentAccount('operator').address);
  await expect(here('deposit', channelId!, '--refund-to', zeroAddress)).rejects.toThrow('what goes there is lost');
  expect(other['deposit']).not.toBe(shown['deposit']);
  expect(await here('deposit', channelId!, '--refund-to', 'operator')).toEqual(other);
  const none = await kedge('deposit', channelId!, '--units', '0');
  expect([none.code, none.stderr]).toEqual([2, expect.stringContaining('more than 0 with --units')]);
  const over = await kedge('deposit', channelId!, '--units', '5', '--deadline', '2020-01-31');
  expect([over.code, over.stderr]).toEqual([
    1,
    expect.stringMatching(/2020-01-31T00:00:00Z, is over[\s\S]*--deadline/),
  ]);
  const past = await kedge('deposit', channelId!, '--deadline', '2020-01-31');
  expect([past.code, past.stdout]).toEqual([0, expect.stringMatching(/Pay nothing more .*: kedge deposit refund 0x/)]);
  const nothing = await kedge('deposit', 'sweep', channelId!);
  expect([nothing.code, nothing.stderr]).toEqual([1, expect.stringContaining('does not buy one unit')]);

  const pay = async (value: bigint): Promise<void> => {
    const to = shown['deposit'] as `0x${string}`;
    const hash = await anvil.walletOf(8).sendTransaction({ to, value, chain: null });
    await anvil.publicClient.waitForTransactionReceipt({ hash });
  };
  await pay(cost + 1n);
  // The policy of the channel is in its record, so the content store is not needed once money has moved.
  const store = join(cwd, '.kedge', 'store');
  renameSync(store, `${store}.away`);
  const swept = await here('deposit', 'sweep', channelId!);
  renameSync(`${store}.away`, store);
  expect(swept).toMatchObject({ continues: channelId, units: '5000', spent: String(cost) });
  const [first, next] = JSON.parse(readFileSync(channelsFile, 'utf8')) as Record<string, unknown>[];
  expect(first).toMatchObject({ channelId });
  expect(next).toMatchObject({
    channelId: swept['channelId'],
    apiKeySha256: first!['apiKeySha256'],
    continues: { rootId: channelId, holder: roleAccount('consumer').account.address },
  });
  // What continues a channel is topped up at the same address.
  expect(await here('deposit', swept['channelId']!)).toMatchObject({ deposit: shown['deposit'], deposited: '1' });
  await pay(cost);
  const refunded = await here('deposit', 'refund', swept['channelId']!);
  expect(refunded).toMatchObject({ amount: String(cost + 1n), refundTo: roleAccount('consumer').account.address });
  // A new channel of another key leaves both in the file; closing them takes both out.
  for (const open of [channelId!, swept['channelId']!]) await here('channel', 'close', open, '--no-capture');
  expect(JSON.parse(readFileSync(channelsFile, 'utf8'))).toEqual([]);
});

test('R28: what is paid for units of a newer policy is swept once that policy is at hand, and not touched before', async () => {
  const { classId } = await atIssuer('class', 'create', '--name', 'Agent', '--policy', 'policy.json', '--sell', '5000');
  const { tokenId } = await here('buy', classId!, '10');
  const { channelId } = await here('channel', 'open', tokenId!, '--policy', 'policy.json');
  await atIssuer('policy', 'publish', classId!, 'next.json');
  await atIssuer('lot', 'create', classId!, '5000');
  const second = [channelId!, '--lot', '2'];
  const { deposit, cost } = await here('deposit', ...second, '--units', '5');
  const paying = { to: deposit as `0x${string}`, value: BigInt(cost!), chain: null };
  await anvil.publicClient.waitForTransactionReceipt({ hash: await anvil.walletOf(8).sendTransaction(paying) });

  const before = readFileSync(channelsFile, 'utf8');
  const sweep = ['deposit', 'sweep', ...second];
  for (const [more, code] of [
    [[], 'policy_missing'],
    [['--policy', 'policy.json'], 'policy_differs'],
  ] as const) {
    const refused = await runInProcess([...sweep, ...more, '--json', ...chain], { cwd });
    expect([refused.code, JSON.parse(refused.stderr)]).toMatchObject([1, { error: { code } }]);
    expect(await here('deposit', ...second)).toMatchObject({ deposit, deposited: cost });
    expect(readFileSync(channelsFile, 'utf8')).toBe(before);
  }

  const swept = await here('deposit', 'sweep', ...second, '--policy', 'next.json');
  expect(swept).toMatchObject({ continues: channelId, units: '5000', spent: cost });
  expect(JSON.parse(readFileSync(channelsFile, 'utf8'))).toMatchObject([
    { channelId, policyHash: policyHashOf(policy, keccak256) },
    { channelId: swept['channelId'], policyHash: policyHashOf(next, keccak256), policy: { models: next.models } },
  ]);
});

test('lot create takes the policy from a file where it is not in the content store', async () => {
  const { classId } = await atIssuer('class', 'create', '--name', 'Other', '--policy', 'next.json');
  const refused = await runInProcess(['lot', 'create', classId!, '10', ...chain], { cwd });
  expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('--policy <file>')]);
  expect(await here('lot', 'create', classId!, '10', '--policy', 'next.json')).toMatchObject({ policyVersion: 1 });
});

test('what is swept where no gateway is says how the operator makes a key for the new channel', async () => {
  const { tokenId } = await here('buy', '2', '10');
  const { channelId } = await here('channel', 'open', tokenId!);
  const { deposit } = await here('deposit', channelId!);
  const paying = { to: deposit as `0x${string}`, value: 10n ** 16n, chain: null };
  await anvil.publicClient.waitForTransactionReceipt({ hash: await anvil.walletOf(8).sendTransaction(paying) });
  const sweep = ['deposit', 'sweep', channelId!, '--account', 'consumer', '--json', ...chain];
  const swept = await runInProcess(sweep, { cwd: issuerFolder });
  const { channelId: next } = JSON.parse(swept.stdout) as Record<string, string>;
  const [, command] = /(kedge key create .*?)"/.exec(swept.stderr) ?? [];
  expect(command).toBe(`kedge key create --channel ${next} ${chain.join(' ')}`);
  expect(await here(...command!.split(' ').slice(1))).toMatchObject({ channelId: next });
});

test('a node that goes away once the deposit is swept leaves word of the channel that its units are in', async () => {
  const { tokenId } = await here('buy', '2', '10');
  const { channelId } = await here('channel', 'open', tokenId!);
  const { deposit } = await here('deposit', channelId!);
  const paying = { to: deposit as `0x${string}`, value: 10n ** 16n, chain: null };
  await anvil.publicClient.waitForTransactionReceipt({ hash: await anvil.walletOf(8).sendTransaction(paying) });
  let isSwept = false;
  const node = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    isSwept ||= body.includes('eth_sendRawTransaction');
    if (isSwept && body.includes('eth_call')) return void response.writeHead(503).end();
    const headers = { 'content-type': 'application/json' };
    const answer = await fetch(anvil.rpcUrl, { method: 'POST', headers, body });
    response.writeHead(200, headers).end(await answer.text());
  });
  await new Promise<void>((resolve) => node.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(node.address() as AddressInfo).port}`;
  const at = ['--rpc', url, '--contracts', 'contracts.json'];
  const { code, stderr } = await runInProcess(['deposit', 'sweep', channelId!, '--json', ...at], { cwd });
  node.close();
  const { error } = JSON.parse(stderr) as { error: { values: Record<string, string>; hints: string[] } };
  expect([code, error.hints[0]]).toEqual([3, expect.stringContaining('sweeping again does not tell it')]);
  expect(error.values).toMatchObject({ channelId: expect.stringMatching(/^0x[0-9a-f]{64}$/) });
});

test('a deposit is proposed to be swept with the options that make its address, none of which changes with time', async () => {
  const { tokenId } = await here('buy', '2', '10');
  const { channelId } = await here('channel', 'open', tokenId!);
  const counted = await kedge('deposit', channelId!, '--deadline', '40d');
  expect([counted.code, counted.stderr]).toEqual([
    2,
    expect.stringContaining('--deadline is a date or Unix seconds here'),
  ]);
  const options = ['--lot', '1', '--deadline', '2030-01-31', '--refund-to', developmentAccount('operator').address];
  const { stdout, stderr } = await kedge('deposit', channelId!, ...options);
  // What it waits for is said by a slow machine only.
  expect(stderr.replace(/^waiting for .*\n/gm, '')).toBe('');
  expect(stdout.trimEnd().split(', then: ')[1]).toBe(
    `kedge deposit sweep ${channelId} ${options.join(' ')} ${chain.join(' ')}`,
  );
});
