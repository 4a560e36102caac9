import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createKedgeClient, deployContracts } from '@kedge/sdk';
import { zeroAddress, type Address } from '@kedge/core';
import { deployErc20, startAnvil, startLaggingNode, type Anvil } from '@kedge/testing';
import { createPublicClient, custom } from 'viem';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { atOneBlock } from '../src/chain/atOneBlock.js';
import { readOverview } from '../src/chain/readOverview.js';
import { runInProcess, temporaryFolder } from './kedge.js';

let anvil: Anvil;
beforeAll(async () => {
  anvil = await startAnvil();
});
afterAll(() => anvil?.stop());

test('what happens while the chain is read is in none of the numbers', async () => {
  const { publicClient, rpcUrl } = anvil;
  const deployment = await deployContracts({ publicClient, walletClient: anvil.walletOf(0) });
  const client = createKedgeClient({ publicClient, deployment });
  const connection = { ...deployment, client, publicClient, rpcUrl, dataDir: temporaryFolder() };
  const before = await readOverview(connection);
  const still = await atOneBlock(connection);

  const issuer = createKedgeClient({ publicClient, walletClient: anvil.walletOf(0), deployment });
  const integrityHash = `0x${'ab'.repeat(32)}` as const;
  const { classId } = await issuer.createClass({ kind: 'dataset', metadataURI: 'ipfs://d', integrityHash });
  await issuer.mintShare({ classId, to: anvil.walletOf(1).account.address, shareRatio: 10_000n });
  await issuer.settleRevenue({ classId, amount: 1_000n });

  expect(await readOverview(still)).toEqual(before);
  const after = await readOverview(connection);
  expect([after.classes.length, after.tokens.length]).toEqual([1, 1]);
  expect(after.tokens[0]?.claimable).toHaveLength(1);
});

test('a node that does not have that block yet is asked again', async () => {
  const { publicClient } = anvil;
  const walletClient = anvil.walletOf(0);
  const deployment = await deployContracts({ publicClient, walletClient });
  await anvil.testClient.mine({ blocks: 5 });
  const issuer = createKedgeClient({ publicClient, walletClient, deployment });
  const integrityHash = `0x${'ef'.repeat(32)}` as const;
  await issuer.createClass({ kind: 'dataset', metadataURI: 'ipfs://d', integrityHash });
  const cwd = temporaryFolder();
  writeFileSync(join(cwd, 'contracts.json'), JSON.stringify(deployment));
  const methods = ['eth_call', 'eth_getBlockByNumber'];
  let asked = 0;
  const node = await startLaggingNode(anvil.rpcUrl, ({ method }) => methods.includes(method) && (asked += 1) % 3 === 0);
  const at = ['--rpc', node.url, '--contracts', 'contracts.json'];
  const ran = await runInProcess(['status', '--json', ...at], { cwd });
  await node.stop();
  expect([ran.code, ran.stderr]).toEqual([0, '']);
  expect(JSON.parse(ran.stdout)).toMatchObject({ classes: [{ classId: '1' }] });
});

test('what anyone pays to one class in assets of their own is asked for of no other', async () => {
  const { publicClient, rpcUrl } = anvil;
  const walletClient = anvil.walletOf(0);
  const deployment = await deployContracts({ publicClient, walletClient });
  const issuer = createKedgeClient({ publicClient, walletClient, deployment });
  const integrityHash = `0x${'aa'.repeat(32)}` as const;
  const made = { kind: 'dataset', metadataURI: 'ipfs://d', integrityHash } as const;
  const to = walletClient.account.address;
  const classes: bigint[] = [];
  for (let count = 0; count < 4; count += 1) {
    const { classId } = await issuer.createClass(made);
    for (let share = 0; share < 2; share += 1) await issuer.mintShare({ classId, to, shareRatio: 1n });
    classes.push(classId);
  }
  let asked = 0;
  const request = (given: { method: string }) => {
    if (given.method === 'eth_call') asked += 1;
    return publicClient.request(given as never);
  };
  const counted = createPublicClient({ chain: publicClient.chain, transport: custom({ request }) });
  const client = createKedgeClient({ publicClient: counted, deployment });
  const connection = { ...deployment, client, publicClient: counted, rpcUrl, dataDir: temporaryFolder() };
  const callsOf = async (): Promise<number> => {
    asked = 0;
    await readOverview(connection);
    return asked;
  };
  const before = await callsOf();
  const assets: Address[] = [];
  for (let count = 0; count < 6; count += 1) {
    const asset = await deployErc20({ publicClient, walletClient }, 1_000n);
    await issuer.settleRevenue({ classId: classes[0]!, asset, amount: 100n });
    assets.push(asset);
  }
  // Of each asset its symbol and decimals, the revenue of the class, and what its two tokens earned.
  expect((await callsOf()) - before).toBeLessThanOrEqual(6 * 6);
  const overview = await readOverview(connection);
  const amounts = (list: readonly { asset: Address }[]) => list.map(({ asset }) => asset.toLowerCase());
  const lower = assets.map((asset) => asset.toLowerCase());
  expect(amounts(overview.classes[0]!.revenue)).toEqual([zeroAddress, ...lower]);
  expect(amounts(overview.classes[1]!.revenue)).toEqual([zeroAddress]);
  expect(amounts(overview.tokens[1]!.claimable)).toEqual(lower);
  expect(overview.tokens[1]!.claimable.map(({ amount }) => amount)).toEqual(assets.map(() => 50n));
  expect(overview.tokens[2]!.claimable).toEqual([]);
});

test('a lot that somebody prices in what is no asset stops nobody from reading what is theirs', async () => {
  const { publicClient, rpcUrl } = anvil;
  const walletClient = anvil.walletOf(0);
  const deployment = await deployContracts({ publicClient, walletClient });
  const client = createKedgeClient({ publicClient, walletClient, deployment });
  const integrityHash = `0x${'cd'.repeat(32)}` as const;
  const { classId } = await client.createClass({ kind: 'dataset', metadataURI: 'ipfs://d', integrityHash });
  await client.publishPolicy({ classId, uri: 'ipfs://p', hash: integrityHash });
  const noAsset = deployment.contracts.ValueMarket;
  await client.createLot({
    classId,
    asset: noAsset,
    price: { numerator: 1n, denominator: 1n },
    seller: walletClient.account.address,
    operatorBps: 0,
  });
  const connection = { ...deployment, client, publicClient, rpcUrl, dataDir: temporaryFolder() };
  const { assets } = await readOverview(connection);
  expect(assets).toContainEqual({
    address: noAsset,
    symbol: `${noAsset.slice(0, 10)}…${noAsset.slice(-4)}`,
    name: `${noAsset.slice(0, 10)}…${noAsset.slice(-4)}`,
    decimals: 0,
  });
});
