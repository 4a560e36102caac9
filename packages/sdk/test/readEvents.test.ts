import { valueChannelsAbi, type BlockRange } from '@kedge/core';
import type { PublicClient } from 'viem';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createKedgeClient, deployContracts, readEvents } from '../src/index.js';
import { addressOf, roles, someHash, startStage, type Stage } from './fixture.js';

// Blocks before the contracts, and a node that refuses more than four of them at once, as public ones refuse thousands.
const limit = 4n;
let stage: Stage;
let deployedAfter: bigint;

beforeAll(async () => {
  const { anvil } = await startStage();
  await anvil.testClient.mine({ blocks: 40 });
  const { publicClient } = anvil;
  deployedAfter = await publicClient.getBlockNumber();
  const deployment = await deployContracts({ publicClient, walletClient: anvil.walletOf(roles.issuer) });
  stage = {
    anvil,
    deployment,
    as: (role) => createKedgeClient({ publicClient, walletClient: anvil.walletOf(roles[role]), deployment }),
  };
  const operator = stage.as('operator');
  for (const batch of [1n, 2n, 3n]) {
    const anchor = { epoch: 1n, firstBatch: batch, lastBatch: batch, root: someHash, cid: `at ${batch}` };
    await operator.capture({ items: [], anchors: [anchor] });
    await anvil.testClient.mine({ blocks: 10 });
  }
});
afterAll(() => stage.anvil.stop());

/** The stage's chain behind such a node, and the ranges that it was asked for. */
function refusing(changed: Partial<PublicClient> = {}): { publicClient: PublicClient; asked: BlockRange[] } {
  const { publicClient } = stage.anvil;
  const asked: BlockRange[] = [];
  const getContractEvents = (query: BlockRange): unknown => {
    asked.push({ fromBlock: query.fromBlock, toBlock: query.toBlock });
    if (query.toBlock - query.fromBlock >= limit) return Promise.reject(new Error('block range is too wide'));
    return publicClient.getContractEvents(query as never);
  };
  return { publicClient: { ...publicClient, getContractEvents, ...changed } as never, asked };
}

const anchorsOf = (client: PublicClient, range: Partial<BlockRange> = {}) =>
  readEvents(client, {
    address: stage.deployment.contracts.ValueChannels,
    abi: valueChannelsAbi,
    eventName: 'ReceiptsAnchored',
    args: { operator: addressOf('operator') },
    ...range,
  });

test('a node that takes any range is asked once', async () => {
  const { publicClient } = stage.anvil;
  let asked = 0;
  const getContractEvents = (query: unknown): unknown => {
    asked += 1;
    return publicClient.getContractEvents(query as never);
  };
  const events = await anchorsOf({ ...publicClient, getContractEvents } as never);
  expect([asked, events.map(({ args }) => args.firstBatch)]).toEqual([1, [1n, 2n, 3n]]);
});

test('a node that refuses long ranges is asked in short ones, from the deployment on', async () => {
  const { publicClient, asked } = refusing();
  const whole = await anchorsOf(stage.anvil.publicClient);
  expect(await anchorsOf(publicClient)).toEqual(whole);
  const [first, ...others] = asked;
  expect(first?.fromBlock).toBe(0n);
  for (const { fromBlock } of others) expect(fromBlock).toBeGreaterThan(deployedAfter);
  const { blockNumber } = whole[1]!;
  expect(await anchorsOf(publicClient, { fromBlock: blockNumber })).toEqual(whole.slice(1));
  expect(await anchorsOf(publicClient, { toBlock: blockNumber })).toEqual(whole.slice(0, 2));
});

test('a node without old state is asked from the first block', async () => {
  const getCode = () => Promise.reject(new Error('missing trie node'));
  const { publicClient, asked } = refusing({ getCode });
  expect(await anchorsOf(publicClient)).toEqual(await anchorsOf(stage.anvil.publicClient));
  expect(asked.filter(({ toBlock }) => toBlock < limit).length).toBeGreaterThan(0);
});

test('a node without old state is asked from the first block of the deployment, where that is known', async () => {
  expect(stage.deployment.firstBlock).toBe(Number(deployedAfter + 1n));
  const getCode = () => Promise.reject(new Error('missing trie node'));
  const { publicClient, asked } = refusing({ getCode });
  const { findReceiptAnchor } = createKedgeClient({ publicClient, deployment: stage.deployment });
  const anchor = { operator: addressOf('operator'), epoch: 1n };
  expect(await findReceiptAnchor({ ...anchor, batch: 3n })).toMatchObject({ cid: 'at 3' });
  for (const { fromBlock } of asked) expect(fromBlock).toBeGreaterThan(deployedAfter);
});

test('a node that is behind is asked again for the same range, and not for ever shorter ones', async () => {
  const { publicClient } = stage.anvil;
  const behindFor = (times: number) => {
    const asked: BlockRange[] = [];
    const getContractEvents = async (query: BlockRange): Promise<unknown> => {
      const { fromBlock, toBlock } = query;
      asked.push({ fromBlock, toBlock });
      const head = toBlock - 2n;
      const message = `block range extends beyond current head block: requested ${toBlock}, head ${head}`;
      if (asked.length <= times) throw Object.assign(new Error(message), { code: -32602 });
      return publicClient.getContractEvents(query as never);
    };
    return { client: { ...publicClient, getContractEvents } as never, asked };
  };
  const late = behindFor(2);
  expect(await anchorsOf(late.client)).toHaveLength(3);
  expect(new Set(late.asked.map(({ fromBlock, toBlock }) => `${fromBlock} ${toBlock}`)).size).toBe(1);
  const never = behindFor(Infinity);
  await expect(anchorsOf(never.client)).rejects.toThrow('beyond current head');
  expect(never.asked).toHaveLength(5);
});

test('a node that is gone is not asked again', async () => {
  const gone = () => Promise.reject(new Error('it is gone'));
  let asked = 0;
  const getContractEvents = (): Promise<never> => {
    asked += 1;
    return gone();
  };
  const { publicClient } = refusing({ getContractEvents, getBlockNumber: gone } as never);
  await expect(anchorsOf(publicClient, { toBlock: 50n })).rejects.toThrow('it is gone');
  expect(asked).toBe(1);
});

test('a node that goes away between two ranges is not asked again', async () => {
  let isGone = false;
  const gone = () => Promise.reject(new Error('it is gone'));
  const whole = refusing();
  let late = 0;
  const getContractEvents = async (query: BlockRange): Promise<unknown> => {
    if (isGone) late += 1;
    if (isGone) return gone();
    const events = await (whole.publicClient.getContractEvents as (query: BlockRange) => Promise<unknown>)(query);
    isGone = true;
    return events;
  };
  const getBlockNumber = () => (isGone ? gone() : stage.anvil.publicClient.getBlockNumber({ cacheTime: 0 }));
  const { publicClient } = refusing({ getContractEvents, getBlockNumber } as never);
  await expect(anchorsOf(publicClient)).rejects.toThrow('it is gone');
  expect(late).toBe(1);
});

test('R16, P31: receipt roots and attestations are found at such a node', async () => {
  const { publicClient } = refusing();
  const { deployment } = stage;
  const reader = createKedgeClient({ publicClient, deployment });
  const anchor = { operator: addressOf('operator'), epoch: 1n, batch: 2n };
  expect(await reader.findReceiptAnchor(anchor)).toMatchObject({ cid: 'at 2' });
  const issuer = stage.as('issuer');
  const terms = { kind: 'dataset', metadataURI: 'ipfs://d', integrityHash: someHash } as const;
  const { classId } = await issuer.createClass(terms);
  const { id } = await issuer.attest({ classId, type: 'licence', statementHash: someHash, uri: 'ipfs://statement' });
  expect(await reader.getAttestations({ classId })).toMatchObject({ items: [{ id }], next: null });
});
