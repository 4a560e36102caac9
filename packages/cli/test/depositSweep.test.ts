import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { policyHashOf, type Deployment, type Policy } from '@kedge/core';
import { startAnvil, type Anvil } from '@kedge/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { developmentAccount } from '../src/accounts/developmentAccount.js';
import { keccak256 } from '../src/keccak256.js';
import { demoPolicy } from '../src/up/demoTerms.js';
import { configureGateway, runInProcess, runJson, temporaryFolder } from './kedge.js';

// The issuer and the gateway's operator have a folder each: a policy that one publishes is not in the other's content store.
const [issuerFolder, cwd] = [temporaryFolder(), temporaryFolder()];
const policy: Policy = demoPolicy(developmentAccount('operator').address, ['test-model']);
const next: Policy = { ...policy, models: ['test-model', 'next-model'] };
let anvil: Anvil;
let chain: string[];
const here = <value = Record<string, string>>(...args: string[]) => runJson<value>([...args, ...chain], { cwd });
const atIssuer = (...args: string[]) => runJson<Record<string, string>>([...args, ...chain], { cwd: issuerFolder });
const channelsFile = join(cwd, '.kedge', 'gateway', 'channels.json');

beforeAll(async () => {
  anvil = await startAnvil();
  const deployment = await runJson<Deployment>(['deploy', '--rpc', anvil.rpcUrl], { cwd: issuerFolder });
  for (const folder of [issuerFolder, cwd]) {
    for (const [file, json] of Object.entries({ contracts: deployment, policy, next }))
      writeFileSync(join(folder, `${file}.json`), JSON.stringify(json));
  }
  configureGateway(cwd, deployment);
  chain = ['--rpc', anvil.rpcUrl, '--contracts', 'contracts.json'];
});
afterAll(() => anvil.stop());

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
  const { classId } = await atIssuer('class', 'create', '--name', 'Other', '--policy', 'policy.json');
  const refused = await runInProcess(['lot', 'create', classId!, '10', ...chain], { cwd });
  expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('--policy <file>')]);
  expect(await here('lot', 'create', classId!, '10', '--policy', 'policy.json')).toMatchObject({ policyVersion: 1 });
});
