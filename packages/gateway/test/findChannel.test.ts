import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { createViemChain } from '../src/chain/createViemChain.js';
import { operatorKeyOf } from '../src/crypto/operatorKey.js';
import { type ChainSetup, createChainSetup } from './support/createChainSetup.js';
import { operatorKey } from './support/createTestSetup.js';

type Asked = { readonly id: number; readonly method: string; readonly params?: readonly unknown[] };
type Filter = { readonly fromBlock: `0x${string}`; readonly toBlock: `0x${string}` };

// A node that answers for ten blocks at once at most, and keeps neither headers, state nor events before `keptFrom`.
let keptFrom = 0;
let asked: string[];
let node: Server;
let setup: ChainSetup;
let opened: number;

beforeAll(async () => {
  setup = await createChainSetup('http://127.0.0.1:1', 2);
  opened = Number(await setup.anvil.publicClient.getBlockNumber());
  node = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      void answer(JSON.parse(Buffer.concat(chunks).toString()) as Asked).then((text) => response.end(text));
    });
  });
  await new Promise<void>((resolve) => node.listen(0, '127.0.0.1', resolve));
});
afterAll(async () => {
  node.close();
  await setup.remove();
});
beforeEach(() => {
  asked = [];
});

async function answer({ id, method, params = [] }: Asked): Promise<string> {
  asked.push(method);
  const said = (rest: object): string => JSON.stringify({ jsonrpc: '2.0', id, ...rest });
  const isOld = (block: unknown): boolean => String(block).startsWith('0x') && Number(block) < keptFrom;
  const { fromBlock, toBlock } = (params[0] ?? {}) as Filter;
  if (method === 'eth_getLogs' && Number(toBlock) - Number(fromBlock) >= 10) {
    return said({ error: { code: -32600, message: 'up to a 10 block range' } });
  }
  if (method === 'eth_getBlockByNumber' && isOld(params[0])) return said({ result: null });
  if (isOld(method === 'eth_getLogs' ? fromBlock : params[1])) {
    return said({ error: { code: 4444, message: 'pruned history unavailable' } });
  }
  const body = JSON.stringify({ jsonrpc: '2.0', id, method, params });
  const headers = { 'content-type': 'application/json' };
  return (await fetch(setup.anvil.rpcUrl, { method: 'POST', headers, body })).text();
}

const chainOf = () =>
  createViemChain({
    rpcUrl: `http://127.0.0.1:${(node.address() as AddressInfo).port}`,
    chainId: 31337,
    contracts: setup.contracts,
    operator: operatorKeyOf(operatorKey),
    maxFeePerGasGwei: 500,
  });

test('a channel that was opened in the newest block is found, and one of a block before', async () => {
  for (const { channelId, channel } of setup.channels) {
    expect(await chainOf().findChannel(channelId)).toEqual(channel);
  }
});

test('a channel is found by a node that has pruned all before it was opened, and refuses long ranges of blocks', async () => {
  keptFrom = opened;
  await setup.anvil.testClient.mine({ blocks: 100, interval: 12 });
  const { channelId, channel } = setup.channels.at(-1)!;
  expect(await chainOf().findChannel(channelId)).toEqual(channel);
  // Of events, those of its block alone.
  expect(asked.filter((method) => method === 'eth_getLogs')).toEqual(['eth_getLogs']);
});

test('a channel is not taken for one that nobody opened where the node has pruned its opening', async () => {
  keptFrom = opened + 1;
  await expect(chainOf().findChannel(setup.channels.at(-1)!.channelId)).rejects.toMatchObject({
    code: 'events_unavailable',
    kind: 'transient',
    shortMessage: expect.stringMatching(/does not give the event .* was opened at .* archive node/),
  });
});
