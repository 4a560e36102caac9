import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { zeroHash, type Address, type Deployment } from '@kedge/core';
import { createKedgeClient, deployContracts, type KedgeClient } from '@kedge/sdk';
import { compileContract, deployErc20, startAnvil, type Anvil } from '@kedge/testing';
import { getAddress } from 'viem';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { developmentAccount } from '../src/accounts/developmentAccount.js';
import { roles, type Role } from '../src/accounts/roles.js';
import { runInProcess, temporaryFolder } from './kedge.js';

// Anyone can settle in an asset of their own: it takes money in, says neither what it is called nor how it is counted, and
// gives nothing out. Whoever earned it is paid in all others.
const source = `
pragma solidity 0.8.34;
contract Trap {
  mapping(address => uint256) public balanceOf;
  function allowance(address, address) external pure returns (uint256) { return type(uint256).max; }
  function transferFrom(address, address to, uint256 amount) external returns (bool) { balanceOf[to] += amount; return true; }
  function transfer(address, uint256) external pure returns (bool) { revert("it stays here"); }
}`;

const cwd = temporaryFolder();
let anvil: Anvil;
let deployment: Deployment;
let trap: Address;
let honest: Address;
const as = (role: Role): KedgeClient =>
  createKedgeClient({ publicClient: anvil.publicClient, walletClient: anvil.walletOf(roles[role]), deployment });
const addressOf = (role: Role): Address => developmentAccount(role).address;
const kedge = (...args: string[]) =>
  runInProcess([...args, '--rpc', anvil.rpcUrl, '--contracts', 'contracts.json'], { cwd });

type Claimed = {
  readonly paid: readonly { readonly asset: Address; readonly amount: string }[];
  readonly unpaid: readonly { readonly asset: Address; readonly reason: string }[];
};

beforeAll(async () => {
  anvil = await startAnvil();
  const { publicClient } = anvil;
  const stranger = anvil.walletOf(roles.consumer);
  deployment = await deployContracts({ publicClient, walletClient: anvil.walletOf(roles.deployer) });
  writeFileSync(join(cwd, 'contracts.json'), JSON.stringify(deployment));
  const hash = await stranger.sendTransaction({
    account: stranger.account,
    chain: null,
    data: compileContract(source, 'Trap'),
  });
  trap = getAddress((await publicClient.waitForTransactionReceipt({ hash })).contractAddress!);
  honest = getAddress(await deployErc20({ publicClient, walletClient: stranger }, 1_000n));
});
afterAll(() => anvil.stop());

/** A class with one share of the contributor's, which earned in the trap first, then in the honest asset. */
async function earn(): Promise<bigint> {
  const { classId } = await as('contributor').createClass({
    kind: 'dataset',
    metadataURI: 'ipfs://d',
    integrityHash: zeroHash,
  });
  const { tokenId } = await as('contributor').mintShare({ classId, to: addressOf('contributor'), shareRatio: 8n });
  for (const asset of [trap, honest]) await as('consumer').settleRevenue({ classId, asset, amount: 80n });
  return tokenId;
}

test('kedge claim pays in every asset that pays, and says in which it does not', async () => {
  await earn();
  const claimed = await kedge('claim', '--account', 'contributor', '--json');
  const { paid, unpaid } = JSON.parse(claimed.stdout) as Claimed;
  expect(paid).toMatchObject([{ asset: honest, amount: '80' }]);
  expect(unpaid).toMatchObject([{ asset: trap }]);
  expect([claimed.code, claimed.stderr]).toEqual([1, expect.stringContaining(trap)]);
  const again = await kedge('claim', '--account', 'contributor');
  expect([again.code, again.stdout.trim()]).toEqual([1, 'nothing was paid']);
  expect(again.stderr).toMatch(/Not all is paid in 0x[\s\S]*-> What is paid in other assets stands/);
});

test('kedge contributors claim does the same for a committed token', async () => {
  const tokenId = await earn();
  const contributors = { contributors: [{ account: addressOf('operator'), weight: 1n }], cid: '' };
  await as('contributor').commitContributors({ tokenId, ...contributors });
  writeFileSync(join(cwd, 'list.txt'), `${addressOf('operator')} 1\n`);
  const args = ['contributors', 'claim', String(tokenId), '--for', addressOf('operator'), '--file', 'list.txt'];
  const claimed = await kedge(...args, '--json');
  const { paid, unpaid } = JSON.parse(claimed.stdout) as Claimed;
  expect([claimed.code, unpaid]).toMatchObject([1, [{ asset: trap }]]);
  expect(paid).toMatchObject([{ asset: honest, amount: '80' }]);
});

test('L7: kedge claim pays what a share earned before it was retired', async () => {
  const { classId } = await as('contributor').createClass({
    kind: 'dataset',
    metadataURI: 'ipfs://r',
    integrityHash: zeroHash,
  });
  const { tokenId } = await as('contributor').mintShare({ classId, to: addressOf('contributor'), shareRatio: 8n });
  await as('consumer').settleRevenue({ classId, amount: 80n });
  await as('contributor').retireShare({ tokenId });
  const claimed = await kedge('claim', '--account', 'contributor', '--asset', 'ETH', '--json');
  expect((JSON.parse(claimed.stdout) as Claimed).paid).toMatchObject([{ tokenId: String(tokenId), amount: '80' }]);
});
