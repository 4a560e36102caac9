import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { zeroHash } from '@kedge/core';
import { createKedgeClient, deployContracts } from '@kedge/sdk';
import { startAnvil, startLaggingNode, type Anvil } from '@kedge/testing';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { roles, type Role } from '../src/accounts/roles.js';
import { runInProcess, temporaryFolder } from './kedge.js';

const cwd = temporaryFolder();
let anvil: Anvil;
beforeAll(async () => {
  anvil = await startAnvil();
});
afterAll(() => anvil.stop());

test('kedge claim asks no more of the chain for what is of others', async () => {
  const { publicClient } = anvil;
  const deployment = await deployContracts({ publicClient, walletClient: anvil.walletOf(roles.deployer) });
  writeFileSync(join(cwd, 'contracts.json'), JSON.stringify(deployment));
  const as = (role: Role) => createKedgeClient({ publicClient, walletClient: anvil.walletOf(roles[role]), deployment });
  const made = { metadataURI: 'ipfs://d', integrityHash: zeroHash } as const;
  const { address: contributor } = anvil.walletOf(roles.contributor).account;
  const { address: operator } = anvil.walletOf(roles.operator).account;

  const own = await as('contributor').createClass({ kind: 'dataset', ...made });
  await as('contributor').mintShare({ classId: own.classId, to: contributor, shareRatio: 1n });
  const parents = [{ classId: own.classId, royaltyBps: 5_000 }];
  const child = await as('operator').createClass({ kind: 'model', parents, ...made });
  await as('operator').mintShare({ classId: child.classId, to: operator, shareRatio: 1n });

  const node = await startLaggingNode(anvil.rpcUrl, () => false);
  onTestFinished(() => node.stop());
  const claim = async () => {
    await as('consumer').settleRevenue({ classId: child.classId, amount: 80n });
    node.asked.length = 0;
    const options = ['--account', 'contributor', '--rpc', node.url, '--contracts', 'contracts.json', '--json'];
    const { stdout } = await runInProcess(['claim', ...options], { cwd });
    expect(JSON.parse(stdout)).toMatchObject({
      paid: [
        { kind: 'royalty', amount: '40' },
        { kind: 'share', amount: '40' },
      ],
    });
    return node.asked.filter((method) => ['eth_call', 'eth_getLogs'].includes(method)).toSorted();
  };
  await claim();
  const before = await claim();
  for (let count = 0; count < 5; count++) {
    const { classId } = await as('operator').createClass({ kind: 'model', ...made });
    await as('operator').mintBatch({
      classId,
      tokens: Array.from({ length: 20 }, () => ({ to: operator, shareRatio: 1n })),
    });
    await as('consumer').settleRevenue({ classId, amount: 20n });
  }
  expect(await claim()).toEqual(before);
});
