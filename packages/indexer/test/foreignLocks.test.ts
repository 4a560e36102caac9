import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dataAnchoringTokenAbi, zeroHash, type Address, type Deployment, type Hex } from '@kedge/core';
import { createKedgeClient, deployContracts, type KedgeClient } from '@kedge/sdk';
import { developmentAccount, startAnvil, type Anvil } from '@kedge/testing';
import { numberToHex } from 'viem';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { patience, startIndexer, type RunningIndexer } from './startIndexer.js';

const holder = developmentAccount(0).address;
/** Answers `onLock` with the first word of the holder's data: anybody can have such a module. */
const module: Address = `0x${'5e'.repeat(20)}`;
const moduleCode: Hex = '0x60e4355f5260205ff3';

let anvil: Anvil;
let deployment: Deployment;
let client: KedgeClient;
let node: Server;
/** The blocks at which the pruned node was asked for state, and whether it refused. */
let asked: { readonly block: bigint; readonly refused: boolean }[] = [];

/** The chain, but of a node that keeps the state of its newest 16 blocks only. */
async function pruned(body: string): Promise<string> {
  const { id, method, params } = JSON.parse(body) as { id: number; method: string; params: unknown[] };
  if (method === 'eth_call') {
    const head = await anvil.publicClient.getBlockNumber({ cacheTime: 0 });
    const block = params[1] === 'latest' ? head : BigInt(params[1] as Hex);
    const refused = block + 16n < head;
    asked.push({ block, refused });
    if (refused) return JSON.stringify({ jsonrpc: '2.0', id, error: { code: -32000, message: 'missing trie node' } });
  }
  const headers = { 'content-type': 'application/json' };
  return (await fetch(anvil.rpcUrl, { method: 'POST', headers, body })).text();
}

beforeAll(async () => {
  anvil = await startAnvil();
  const { publicClient } = anvil;
  deployment = await deployContracts({ publicClient, walletClient: anvil.walletOf(0) });
  client = createKedgeClient({ publicClient, walletClient: anvil.walletOf(0), deployment });
  await anvil.testClient.setCode({ address: module, bytecode: moduleCode });
  await anvil.testClient.setBalance({ address: module, value: 10n ** 18n });
  await anvil.testClient.impersonateAccount({ address: module });
  node = createServer((incoming, outgoing) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', async () => outgoing.end(await pruned(Buffer.concat(chunks).toString())));
  });
  await new Promise<void>((resolve) => node.listen(0, '127.0.0.1', resolve));
}, patience);
afterAll(async () => {
  node.closeAllConnections();
  await new Promise((resolve) => node.close(resolve));
  await anvil.stop();
});

const token = () => ({ address: deployment.contracts.DataAnchoringToken, abi: dataAnchoringTokenAbi }) as const;
const lockId = (number: number): Hex => numberToHex(number, { size: 32 });

async function lock(tokenId: bigint, units: bigint, number: number): Promise<void> {
  const wallet = { account: developmentAccount(0), chain: null };
  const args = [tokenId, units, module, lockId(number)] as const;
  await anvil.walletOf(0).writeContract({ ...token(), functionName: 'lock', args, ...wallet });
}

/** The module takes units of each of its locks, `cap` units each, up to `cumulative` of them. */
async function consume(numbers: readonly number[], cap: bigint, cumulative: bigint): Promise<void> {
  const meter = (cap << 192n) | (cumulative << 128n) | cumulative;
  const uses = numbers.map((number) => ({ lockId: lockId(number), meter }));
  const args = [uses, zeroHash, holder] as const;
  await anvil
    .walletOf(0)
    .writeContract({ ...token(), functionName: 'consumeLocks', args, account: module, chain: null });
}

async function giveBack(number: number): Promise<void> {
  const call = { ...token(), functionName: 'returnLock', args: [lockId(number)] } as const;
  await anvil.walletOf(0).writeContract({ ...call, account: module, chain: null });
}

test(
  'locks of a module of one’s own cost no call of the chain while events are read, and answers are right',
  { timeout: patience },
  async () => {
    const { classId } = await client.createClass({ kind: 'agent', metadataURI: 'ipfs://m', integrityHash: zeroHash });
    const { tokenId } = await client.mint({ classId, to: holder, value: 1_000n });
    for (let number = 1; number <= 4; number += 1) await lock(tokenId, 100n, number);
    await consume([1, 2, 3], 100n, 30n);
    await client.recordUsage({ tokenId, units: 7n });
    await giveBack(1);
    await consume([2], 100n, 50n);
    await anvil.testClient.mine({ blocks: 40 });
    asked = [];
    const { port } = node.address() as AddressInfo;
    const rpcUrl = `http://127.0.0.1:${port}`;
    const indexer: RunningIndexer = await startIndexer({ rpcUrl, chainId: 31337, contracts: deployment.contracts });
    const compare = async () => {
      await indexer.caughtUp();
      const { value, lockedUnits, spentUnits, backing } = await indexer.client.token({ tokenId });
      const onChain = await anvil.publicClient.readContract({ ...token(), functionName: 'valueOf', args: [tokenId] });
      const { items } = await indexer.client.tokens({ owner: holder });
      expect(items.map((each) => [each.value, each.lockedUnits])).toEqual([[value, lockedUnits]]);
      return { differs: value - onChain, value, lockedUnits, spentUnits, backing };
    };
    try {
      expect(await compare()).toMatchObject({ differs: 0n, value: 663n, lockedUnits: 220n, spentUnits: 117n });
      expect(asked.filter(({ refused }) => refused)).toEqual([]);
      await consume([2, 3, 4], 100n, 60n);
      await giveBack(2);
      expect(await compare()).toMatchObject({ differs: 0n, value: 703n, lockedUnits: 80n, spentUnits: 217n });
      for (const number of [3, 4]) await giveBack(number);
      asked = [];
      expect(await compare()).toMatchObject({ differs: 0n, value: 783n, lockedUnits: 0n });
      // Nothing is left that only the chain would know.
      expect(asked).toEqual([]);
    } finally {
      await indexer.stop('SIGKILL');
    }
  },
);
