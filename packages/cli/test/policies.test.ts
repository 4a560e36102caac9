import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tokenizerPin } from '@kedge/gateway';
import type { Deployment } from '@kedge/core';
import { deployContracts } from '@kedge/sdk';
import { startAnvil, type Anvil } from '@kedge/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { developmentAccount } from '../src/accounts/developmentAccount.js';
import { roles } from '../src/accounts/roles.js';
import { runInProcess, runJson, temporaryFolder } from './kedge.js';

const cwd = temporaryFolder();
let anvil: Anvil;
let chain: string[];
const kedge = (...args: string[]) => runInProcess([...args, ...chain], { cwd });
const kedgeJson = <value = Record<string, unknown>>(...args: string[]) => runJson<value>([...args, ...chain], { cwd });

function writePolicy(file: string, change: object): void {
  const policy = {
    format: 'kedge-policy/1',
    unit: { name: 'unit', decimals: 3 },
    rates: { input_tokens: '1', output_tokens: '3' },
    caps: { outputTokensPerCall: 256 },
    tokenizer: tokenizerPin(),
    operators: [developmentAccount('operator').address],
    models: ['demo'],
    licence: 'CC-BY-4.0',
    price: { asset: `0x${'0'.repeat(40)}`, numerator: '1000000000000', denominator: '1' },
  };
  writeFileSync(join(cwd, file), JSON.stringify({ ...policy, ...change }));
}

beforeAll(async () => {
  anvil = await startAnvil();
  const { publicClient } = anvil;
  const deployment = await deployContracts({ publicClient, walletClient: anvil.walletOf(roles.deployer) });
  writeFileSync(join(cwd, 'contracts.json'), JSON.stringify(deployment));
  chain = ['--rpc', anvil.rpcUrl, '--contracts', 'contracts.json'];
  writePolicy('policy.json', {});
  const price = { asset: `0x${'0'.repeat(40)}`, numerator: '10000000000000', denominator: '1' };
  writePolicy('next.json', { price, models: ['other'] });
});
afterAll(() => anvil.stop());

test('R1, R25, L10: a new policy is published, what was bought keeps its price, and a new lot sells at the new one', async () => {
  const create = ['class', 'create', '--name', 'Model', '--kind', 'model', '--policy', 'policy.json', '--sell', '1000'];
  const { classId } = await kedgeJson<{ classId: string }>(...create);
  const bought = await kedgeJson<{ tokenId: string; cost: string }>('buy', classId, '10');
  expect(bought.cost).toBe('10000000000000000');
  const published = await kedgeJson('policy', 'publish', classId, 'next.json');
  expect(published).toMatchObject({ classId, policyVersion: 2, policyHash: expect.stringMatching(/^0x[0-9a-f]{64}$/) });

  const refused = await kedge('buy', classId, '10', '--lot', '1');
  expect(refused.code).not.toBe(0);
  expect(refused.stderr).toContain('DATLotSuperseded');
  // Nothing is sold of the first lot any more, whose listing is still open.
  expect((await kedge('status')).stdout).not.toContain('a unit');
  const none = await kedge('buy', classId, '1');
  expect([none.code, none.stderr]).toEqual([
    1,
    expect.stringMatching(/nothing on sale[\s\S]*kedge lot create \d+ <units>/),
  ]);
  const lot = await kedge('lot', 'create', classId, '500', '--no-refunds');
  expect(lot.stdout).toContain(`500 units of class ${classId} are on sale in lot 2, under policy version 2`);
  expect((await kedgeJson('buy', classId, '10', '--lot', '2'))['cost']).toBe('100000000000000000');

  const opened = await kedge('lot', 'refunds', classId, '2');
  expect(opened.stdout).toBe(`unspent units of lot 2 of class ${classId} can be refunded from now on\n`);
  const again = await kedge('lot', 'refunds', classId, '2');
  expect(again.code).not.toBe(0);
  expect(again.stderr).toContain('refundable already');
});

test('R1, P17: the issuer takes a lot off sale, and freezes the shares of a class for ever', async () => {
  const create = ['class', 'create', '--name', 'Model', '--policy', 'policy.json', '--sell', '1000'];
  const { classId } = await kedgeJson<{ classId: string }>(...create);
  expect((await kedge('lot', 'close', classId, '1')).stdout).toContain(`lot 1 of class ${classId} is off sale`);
  const refused = await kedge('buy', classId, '10', '--lot', '1');
  expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('not on sale')]);
  const again = await kedge('lot', 'close', classId, '1');
  expect([again.code, again.stderr]).toEqual([1, expect.stringContaining('ValueMarketNotListed')]);

  await kedgeJson('mint', classId, '--share', '700');
  const unasked = await kedge('class', 'freeze', classId);
  expect([unasked.code, unasked.stderr]).toEqual([2, expect.stringContaining('--yes')]);
  expect(await kedgeJson('class', 'freeze', classId, '--yes')).toMatchObject({ classId, totalShare: '700' });
  const late = await kedge('mint', classId, '--share', '1');
  expect([late.code, late.stderr]).toEqual([1, expect.stringContaining('shares of the class are frozen')]);
  await kedgeJson('mint', classId, '--value', '5');
});

test('P18: a class with a notice period announces, and the announced policy is activated when its time has come', async () => {
  const create = ['class', 'create', '--name', 'Model', '--policy', 'policy.json', '--policy-notice', '1d'];
  const { classId } = await kedgeJson<{ classId: string }>(...create);
  const announced = await kedge('policy', 'publish', classId, 'next.json');
  expect(announced.stdout).toContain(`policy version 2 of class ${classId} is announced`);
  const early = await kedge('policy', 'activate', classId);
  expect(early.code).not.toBe(0);
  expect(early.stderr).toContain('notice of the policy is still running');
  await anvil.testClient.increaseTime({ seconds: 86_400 });
  await anvil.testClient.mine({ blocks: 1 });
  expect(await kedgeJson('policy', 'activate', classId)).toMatchObject({ classId, policyVersion: 2 });
});

test('the policy that a class has, or has announced, is not published again: lots would end, or the notice begin anew', async () => {
  const create = ['class', 'create', '--name', 'Model', '--policy', 'policy.json'];
  const { classId } = await kedgeJson<{ classId: string }>(...create, '--sell', '1000');
  const same = await kedge('policy', 'publish', classId, 'policy.json');
  expect([same.code, same.stdout]).toEqual([
    0,
    expect.stringMatching(/that is current is as in policy.json already: nothing/),
  ]);
  const json = await kedgeJson('policy', 'publish', classId, 'policy.json');
  expect(json).toMatchObject({ classId, policyVersion: 1, transactionHash: null });
  await kedgeJson('buy', classId, '10');
  const slow = await kedgeJson<{ classId: string }>(...create, '--policy-notice', '1d');
  const publish = (file: string) => kedgeJson('policy', 'publish', slow.classId, file);
  const announced = await publish('next.json');
  expect(announced).toMatchObject({ transactionHash: expect.stringMatching(/^0x/) });
  expect(await publish('next.json')).toMatchObject({ policyVersion: null, transactionHash: null });
  // What is current takes the place of what is announced.
  expect(await publish('policy.json')).toMatchObject({ transactionHash: expect.stringMatching(/^0x/) });
});

test('a policy that counts units otherwise than its class, or is none, changes nothing', async () => {
  const { classId } = await kedgeJson<{ classId: string }>('class', 'create', '--name', 'M', '--policy', 'policy.json');
  writePolicy('decimals.json', { unit: { name: 'unit', decimals: 6 } });
  const decimals = await kedge('policy', 'publish', classId, 'decimals.json');
  expect([decimals.code, decimals.stderr]).toEqual([2, expect.stringContaining('has 3 decimals for ever')]);
  writePolicy('wrong.json', { rates: { inputs: '1' } });
  const wrong = await kedge('policy', 'publish', classId, 'wrong.json');
  expect(wrong.code).not.toBe(0);
  expect(wrong.stderr).toContain('The policy is not valid: rates');
  writePolicy('half.json', { rates: { output_tokens: '3' } });
  for (const args of [
    ['policy', 'publish', classId, 'half.json'],
    ['class', 'create', '--name', 'M', '--policy', 'half.json'],
  ]) {
    const half = await kedge(...args);
    expect([half.code, half.stderr]).toEqual([2, expect.stringContaining('so input_tokens would be free')]);
  }
  writePolicy('free.json', { price: undefined, rates: { input_tokens: '0', output_tokens: '3' } });
  await kedgeJson('policy', 'publish', classId, 'free.json');
  const free = await kedge('lot', 'create', classId, '10');
  expect([free.code, free.stderr]).toEqual([2, expect.stringContaining('names no price')]);
});

test('on another chain no development account, whose key is public, becomes an operator', async () => {
  const classArgs = ['--name', 'Model', '--kind', 'model', '--policy', 'policy.json'];
  const { classId } = await kedgeJson<{ classId: string }>('class', 'create', ...classArgs, '--sell', '1000');
  const { tokenId } = await kedgeJson<{ tokenId: string }>('buy', classId, '10');
  const { contracts } = JSON.parse(readFileSync(join(cwd, 'contracts.json'), 'utf8')) as Deployment;
  writeFileSync(join(cwd, 'elsewhere.json'), JSON.stringify({ chainId: 4242, contracts }));
  const setChainId = (chainId: number) =>
    anvil.testClient.request({ method: 'anvil_setChainId', params: [chainId] } as never);
  await setChainId(4242);
  try {
    for (const args of [
      ['class', 'create', ...classArgs],
      ['anchor', 'policy.json', '--policy', 'policy.json', '--out', 'manifest.json'],
      ['policy', 'publish', classId, 'policy.json'],
      ['channel', 'open', tokenId, '--policy', 'policy.json'],
    ]) {
      const refused = await runInProcess([...args, '--rpc', anvil.rpcUrl, '--contracts', 'elsewhere.json'], { cwd });
      const { address } = developmentAccount('operator');
      expect([refused.code, refused.stderr], args.join(' ')).toEqual([
        1,
        expect.stringContaining(`Operator ${address} is a development account`),
      ]);
    }
  } finally {
    await setChainId(31337);
  }
});
