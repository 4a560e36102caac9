import type { Deployment } from '@kedge/core';
import { deployErc20, developmentAccount, startAnvil, startLaggingNode, type Anvil } from '@kedge/testing';
import { createPublicClient, createWalletClient, defineChain, http, type Hex } from 'viem';
import { foundry } from 'viem/chains';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createKedgeClient, deployContracts, type KedgeClient } from '../src/index.js';
import { policy, someHash } from './fixture.js';

// On the local chain there is one node.
const chain = defineChain({ ...foundry, id: 77_777 });
const [operator, consumer] = [developmentAccount(2).address, developmentAccount(3).address];

let anvil: Anvil;
let mining: ReturnType<typeof setInterval>;
let mined: Promise<unknown> = Promise.resolve();
let deployment: Deployment;
let asset: Hex;
let classId: bigint;
let lots: readonly number[];

function clientAt(url: string, index: number): KedgeClient {
  const transport = http(url, { retryCount: 0 });
  const publicClient = createPublicClient({ chain, transport, pollingInterval: 50 });
  const walletClient = createWalletClient({ chain, transport, account: developmentAccount(index) });
  return createKedgeClient({ publicClient, walletClient, deployment });
}

beforeAll(async () => {
  anvil = await startAnvil({ args: ['--chain-id', String(chain.id)] });
  const transport = http(anvil.rpcUrl);
  const clients = (index: number) => ({
    publicClient: createPublicClient({ chain, transport, pollingInterval: 50 }),
    walletClient: createWalletClient({ chain, transport, account: developmentAccount(index) }),
  });
  // A receipt that was not there yet is looked for in the next block.
  mining = setInterval(() => (mined = anvil.testClient.mine({ blocks: 1 })), 2_000);
  deployment = await deployContracts(clients(0));
  asset = await deployErc20(clients(3) as never, 1_000_000n);
  const issuer = clientAt(anvil.rpcUrl, 0);
  const made = await issuer.createClass({ kind: 'agent', metadataURI: 'ipfs://a', integrityHash: someHash, policy });
  ({ classId } = made);
  const price = { numerator: 3n, denominator: 2n };
  const sell = async (terms: object): Promise<number> => {
    const { lot } = await issuer.createLot({ classId, price, operatorBps: 0, ...terms });
    await issuer.openListing({ classId, lot, supply: 1_000_000n });
    return lot;
  };
  lots = [await sell({}), await sell({ asset })];
  // Of what others have just written a client knows nothing.
  await anvil.testClient.mine({ blocks: 4 });
});
afterAll(async () => {
  await stopMining();
  await anvil?.stop();
});

async function stopMining(): Promise<void> {
  clearInterval(mining);
  await mined;
}

test.each(['eth_call', 'eth_estimateGas', 'eth_blockNumber', 'eth_getTransactionCount', 'eth_getBlockByNumber'])(
  'what was just written is there for what follows, though every third %s is answered by a node three blocks behind',
  async (late) => {
    let count = 0;
    const node = await startLaggingNode(anvil.rpcUrl, ({ method }) => method === late && (count += 1) % 3 === 0);
    const client = clientAt(node.url, 3);
    const sent = () => anvil.publicClient.getTransactionCount({ address: consumer });
    const before = await sent();
    for (const lot of lots) {
      const { tokenId } = await client.buyValue({ classId, lot, units: 10n });
      expect(await client.getToken({ tokenId })).toMatchObject({ value: 10n });
      await client.topUp({ tokenId, units: 4n });
      expect(await client.getToken({ tokenId })).toMatchObject({ value: 14n });
      const { timestamp } = await anvil.publicClient.getBlock();
      const terms = { operator, channelKey: operator, cap: 14n, rate: 1n, burst: 14n, mode: 'capped' } as const;
      const { channel } = await client.openChannel({
        ...terms,
        tokenId,
        deadline: timestamp + 86_400n,
        salt: someHash,
      });
      expect(await client.getChannelState({ channel })).toMatchObject({ open: true, remainingUnits: 14n });
      expect(await client.getToken({ tokenId })).toMatchObject({ value: 0n });
    }
    // Of each purchase in the asset one goes before, that allows it.
    expect(await sent()).toBe(before + 4 + 6);
    await node.stop();
  },
);

test('a nonce that another program has used is told as such where the node did not know of it, and nothing is sent', async () => {
  const account = developmentAccount(6);
  const wallet = createWalletClient({ chain, transport: http(anvil.rpcUrl), account });
  const hash = await wallet.sendTransaction({ to: account.address, value: 1n });
  await createPublicClient({ chain, transport: http(anvil.rpcUrl), pollingInterval: 50 }).waitForTransactionReceipt({
    hash,
  });
  // However many blocks come meanwhile.
  const node = await startLaggingNode(anvil.rpcUrl, ({ method }) => method === 'eth_getTransactionCount', 1_000n);
  const terms = { kind: 'agent', metadataURI: 'ipfs://a', integrityHash: someHash } as const;
  const refused = { code: 'nonce_used', kind: 'transient' };
  await expect(clientAt(node.url, 6).createClass(terms)).rejects.toMatchObject(refused);
  expect(await anvil.publicClient.getTransactionCount(account)).toBe(1);
  await node.stop();
});

test('what is refused after a write is refused at once', async () => {
  const node = await startLaggingNode(anvil.rpcUrl, () => false);
  const client = clientAt(node.url, 3);
  await client.buyValue({ classId, lot: lots[0]!, units: 10n });
  const begun = node.asked.length;
  await expect(client.claim({ tokenId: 1n })).rejects.toMatchObject({ code: 'ERC8028NonexistentToken' });
  expect(node.asked.slice(begun).filter((method) => method === 'eth_call')).toHaveLength(1);
  await node.stop();
});

describe('where the chain loses the block of a purchase', () => {
  // It loses its newest block, which is to be that of the purchase.
  beforeAll(stopMining);

  const sent = () => anvil.publicClient.getTransactionCount({ address: consumer });
  const buyBy = (client: KedgeClient) => client.buyValue({ classId, lot: lots[0]!, units: 1n });
  const loseBlock = () => anvil.testClient.request({ method: 'anvil_reorg', params: [1, []] } as never);

  test('the next transaction takes its nonce', async () => {
    const client = clientAt(anvil.rpcUrl, 3);
    const before = await sent();
    await buyBy(client);
    await loseBlock();
    expect(await sent()).toBe(before);
    await buyBy(client);
    expect(await sent()).toBe(before + 1);
  });

  test('who waits for more blocks, as the guide for integrators says, is not told that it is done', async () => {
    const publicClient = createPublicClient({ chain, transport: http(anvil.rpcUrl), pollingInterval: 50 });
    const walletClient = createWalletClient({ chain, transport: http(anvil.rpcUrl), account: developmentAccount(3) });
    let isFound: () => void;
    const found = new Promise<void>((resolve) => (isFound = resolve));
    const patient = {
      ...publicClient,
      waitForTransactionReceipt: async (given: { readonly hash: Hex }) => {
        void publicClient.waitForTransactionReceipt(given).then(isFound);
        const { transactionHash } = await publicClient.waitForTransactionReceipt({ ...given, confirmations: 4 });
        return publicClient.getTransactionReceipt({ hash: transactionHash });
      },
    };
    const failed = buyBy(createKedgeClient({ publicClient: patient, walletClient, deployment })).catch(
      (error: unknown) => error,
    );
    await found;
    await loseBlock();
    await anvil.testClient.mine({ blocks: 5 });
    expect(await failed).toMatchObject({ code: 'transaction_pending', kind: 'transient' });
  });
});
