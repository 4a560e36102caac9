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

// What moves it pays for ten thousand writes.
const gluttonSource = `
pragma solidity 0.8.34;
contract Glutton {
  mapping(address => uint256) public balanceOf;
  uint256 public waste;
  uint8 public constant decimals = 6;
  function allowance(address, address) external pure returns (uint256) { return type(uint256).max; }
  function transferFrom(address, address to, uint256 amount) external returns (bool) { balanceOf[to] += amount; return true; }
  function transfer(address to, uint256 amount) external returns (bool) {
    balanceOf[msg.sender] -= amount;
    balanceOf[to] += amount;
    for (uint256 from = gasleft(); from - gasleft() < 8_000_000; ) waste++;
    return true;
  }
}`;

// ERC-20 lets a token say neither how it is called nor how it is counted. Decimals come last, when they are asked for.
const nameless = (decimals: string): string => `
pragma solidity 0.8.34;
contract Nameless {
  mapping(address => uint256) public balanceOf;
  mapping(address => mapping(address => uint256)) public allowance;
  constructor() { balanceOf[msg.sender] = 1000000000; }
  function approve(address spender, uint256 amount) external returns (bool) { allowance[msg.sender][spender] = amount; return true; }
  function transfer(address to, uint256 amount) external returns (bool) { balanceOf[msg.sender] -= amount; balanceOf[to] += amount; return true; }
  function transferFrom(address from, address to, uint256 amount) external returns (bool) {
    allowance[from][msg.sender] -= amount; balanceOf[from] -= amount; balanceOf[to] += amount; return true;
  }
  ${decimals}
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
  readonly paid: readonly { readonly asset: Address; readonly amount: string; readonly transactionHash: string }[];
  readonly unpaid: readonly { readonly asset: Address; readonly reason: string }[];
};

beforeAll(async () => {
  anvil = await startAnvil();
  const { publicClient } = anvil;
  const stranger = anvil.walletOf(roles.consumer);
  deployment = await deployContracts({ publicClient, walletClient: anvil.walletOf(roles.deployer) });
  writeFileSync(join(cwd, 'contracts.json'), JSON.stringify(deployment));
  trap = await deployAsset(source, 'Trap');
  honest = getAddress(await deployErc20({ publicClient, walletClient: stranger }, 1_000n));
});
afterAll(() => anvil.stop());

/** Deployed by the consumer, who has its supply. */
async function deployAsset(text: string, name: string): Promise<Address> {
  const stranger = anvil.walletOf(roles.consumer);
  const data = compileContract(text, name);
  const hash = await stranger.sendTransaction({ account: stranger.account, chain: null, data });
  return getAddress((await anvil.publicClient.waitForTransactionReceipt({ hash })).contractAddress!);
}

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

test('an asset that wastes gas is not claimed unless it is named', async () => {
  const glutton = await deployAsset(gluttonSource, 'Glutton');
  const tokenId = await earn();
  const { classId } = await as('consumer').getToken({ tokenId });
  await as('consumer').settleRevenue({ classId, asset: glutton, amount: 80n });
  const mine = ['--account', 'contributor', '--token', String(tokenId), '--json'];
  const { paid, unpaid } = JSON.parse((await kedge('claim', ...mine)).stdout) as Claimed;
  expect(paid).toMatchObject([{ asset: honest }]);
  expect(unpaid).toMatchObject([{ asset: trap }, { asset: glutton, reason: expect.stringContaining('units of gas') }]);
  const named = JSON.parse((await kedge('claim', ...mine, '--asset', glutton)).stdout) as Claimed;
  expect([named.paid, named.unpaid]).toMatchObject([[{ asset: glutton, amount: '80' }], []]);

  await as('consumer').settleRevenue({ classId, asset: glutton, amount: 80n });
  await as('contributor').commitContributors({
    tokenId,
    contributors: [{ account: addressOf('operator'), weight: 1n }],
    cid: '',
  });
  writeFileSync(join(cwd, 'list.txt'), `${addressOf('operator')} 1\n`);
  const theirs = [
    'contributors',
    'claim',
    String(tokenId),
    '--for',
    addressOf('operator'),
    '--file',
    'list.txt',
    '--json',
  ];
  const all = JSON.parse((await kedge(...theirs)).stdout) as Claimed;
  expect(all.unpaid).toContainEqual({ asset: glutton, reason: expect.stringContaining('units of gas') });
  const one = JSON.parse((await kedge(...theirs, '--asset', glutton)).stdout) as Claimed;
  expect([one.paid, one.unpaid]).toMatchObject([[{ asset: glutton, amount: '80' }], []]);
});

test('what a token earned in hostile assets keeps it neither from its next holder nor from its contributors', async () => {
  const glutton = await deployAsset(gluttonSource, 'Glutton');
  const moved = await earn();
  const committed = await earn();
  for (const tokenId of [moved, committed]) {
    const { classId } = await as('consumer').getToken({ tokenId });
    await as('consumer').settleRevenue({ classId, asset: glutton, amount: 80n });
  }
  const stuck = [{ asset: trap }, { asset: glutton }];
  const handed = await kedge('token', 'transfer', String(moved), 'operator', '--json');
  expect(JSON.parse(handed.stdout)).toMatchObject({ paid: [{ asset: honest, amount: '80' }], stuck });

  writeFileSync(join(cwd, 'list.txt'), `${addressOf('operator')} 1\n`);
  const list = ['list.txt', '--account', 'contributor'];
  const given = await kedge('contributors', 'commit', String(committed), ...list, '--yes', '--json');
  expect(JSON.parse(given.stdout)).toMatchObject({ tokenId: String(committed), stuck });
  const { classId } = await as('consumer').getToken({ tokenId: committed });
  await as('consumer').settleRevenue({ classId, asset: honest, amount: 40n });
  const set = await kedge('contributors', 'set', String(committed), ...list);
  expect([set.code, set.stdout]).toEqual([0, expect.stringContaining(`${trap} is left to this list`)]);
  const theirs = ['--for', addressOf('operator'), '--file', 'list.txt', '--json'];
  const claimed = await kedge('contributors', 'claim', String(committed), ...theirs);
  expect((JSON.parse(claimed.stdout) as Claimed).paid).toMatchObject([{ epoch: 1, amount: '40' }]);
});

test('R19: kedge claim takes a transaction for all royalties and one for each holder and asset, whatever is refused', async () => {
  const made = { metadataURI: 'ipfs://r', integrityHash: zeroHash } as const;
  const { classId: parentId } = await as('contributor').createClass({ kind: 'dataset', ...made });
  const tokenIds: string[] = [];
  for (const shareRatio of [1n, 3n]) {
    const { tokenId } = await as('contributor').mintShare({
      classId: parentId,
      to: addressOf('contributor'),
      shareRatio,
    });
    tokenIds.push(String(tokenId));
  }
  const children: bigint[] = [];
  for (let child = 0; child < 2; child++) {
    const parents = [{ classId: parentId, royaltyBps: 9_000 }];
    const { classId } = await as('operator').createClass({ kind: 'model', parents, ...made });
    await as('operator').mintShare({ classId, to: addressOf('operator'), shareRatio: 1n });
    await as('consumer').settleRevenue({ classId, asset: honest, amount: 40n });
    // More than a class can count, where both reach the parent: the second royalty is refused.
    await as('consumer').settleRevenue({ classId, asset: trap, amount: 2n ** 112n - 1n });
    children.push(classId);
  }
  const sent = () => anvil.publicClient.getTransactionCount({ address: addressOf('contributor') });
  const before = await sent();
  const claimed = await kedge(
    'claim',
    '--account',
    'contributor',
    '--json',
    ...tokenIds.flatMap((id) => ['--token', id]),
  );
  const { paid, unpaid } = JSON.parse(claimed.stdout) as Claimed;
  const [younger, older] = children.toReversed().map(String);
  expect(paid).toMatchObject([
    { kind: 'royalty', asset: honest, classId: younger, amount: '36' },
    { kind: 'royalty', asset: honest, classId: older, amount: '36' },
    { kind: 'royalty', asset: trap, classId: younger },
    { kind: 'share', asset: honest, tokenId: tokenIds[0], amount: '18' },
    { kind: 'share', asset: honest, tokenId: tokenIds[1], amount: '54' },
  ]);
  expect(new Set(paid.map(({ transactionHash }) => transactionHash)).size).toBe(2);
  expect(await sent()).toBe(before + 2);
  expect([claimed.code, unpaid]).toMatchObject([1, [{ asset: trap, reason: expect.stringContaining('royalty') }]]);
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

test('units are bought, refunded and destroyed in assets without a symbol, with a false one or another’s, and without decimals', async () => {
  const sixDecimals = 'uint8 public constant decimals = 6;';
  const unnamed = await deployAsset(nameless(sixDecimals), 'Nameless');
  const disguised = await deployAsset(nameless(`${sixDecimals} string public constant symbol = "ETH";`), 'Nameless');
  const uncounted = await deployAsset(nameless(''), 'Nameless');
  const copied = await deployAsset(nameless(`${sixDecimals} string public constant symbol = "USDC";`), 'Nameless');
  for (const [index, asset] of [unnamed, disguised, uncounted, copied].entries()) {
    const policy = ['--model', 'm', '--operator', addressOf('operator'), '--price', '0.001', '--asset', asset];
    await runInProcess(['policy', 'init', ...policy, '--asset-decimals', '6', '--out', `${index}.json`], { cwd });
    const create = ['--name', 'm', '--policy', `${index}.json`, '--sell', '100', '--account', 'operator', '--json'];
    const { classId } = JSON.parse((await kedge('class', 'create', ...create)).stdout) as { readonly classId: string };
    const { tokenId } = await as('consumer').buyValue({ classId: BigInt(classId), lot: 0x80000001, units: 3_000n });
    const mine = ['--account', 'consumer'];
    const bought = await kedge('buy', classId, '2', ...mine);
    const short = `${asset.slice(0, 10)}…${asset.slice(-4)}`;
    const named = asset === copied ? `USDC (${short})` : short;
    if (asset !== uncounted) expect(bought.stdout).toContain(`paid     0.002 ${named} by consumer`);
    else expect([bought.code, bought.stderr]).toEqual([1, expect.stringContaining('"decimals"')]);
    const refunded = await kedge('token', 'refund', String(tokenId), '2', ...mine);
    expect(refunded.stdout).toContain(`${asset === uncounted ? '2,000' : '0.002'} ${named} for 2 units`);
    const burnt = await kedge('token', 'burn', String(tokenId), '1', '--yes', ...mine);
    expect([burnt.code, burnt.stdout]).toEqual([0, expect.stringContaining(`has 0 units: 1 less`)]);
  }
});
