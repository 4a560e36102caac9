import type { Deployment } from '@kedge/core';
import { developmentAccount, developmentChain, startAnvil, type Anvil } from '@kedge/testing';
import { createPublicClient, createWalletClient, custom, http, parseGwei } from 'viem';
import { base } from 'viem/chains';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createKedgeClient, deployContracts } from '../src/index.js';
import { sendAndWait } from '../src/writeContract.js';

const hash = `0x${'ab'.repeat(32)}` as const;
const blockHash = `0x${'cd'.repeat(32)}` as const;
const at = (mined: boolean) => ({ blockHash: mined ? blockHash : null, blockNumber: mined ? '0x2' : null });

test('on a chain that mines at once, a block that comes while the node is slow is not missed', async () => {
  let mined = false;
  let asked = 0;
  let askedOften: () => void;
  const heard = new Promise<void>((resolve) => (askedOften = resolve));
  const mine = (): void => {
    mined = true;
  };
  const answers: Readonly<Record<string, () => unknown>> = {
    eth_blockNumber: () => {
      asked += 1;
      if (asked === 3) mine();
      if (asked === 5) askedOften();
      return mined ? '0x2' : '0x1';
    },
    eth_getTransactionByHash: () => ({ hash, from: developmentAccount(0).address, nonce: '0x0', ...at(mined) }),
    eth_getTransactionReceipt: () => (mined ? { transactionHash: hash, status: '0x1', logs: [], ...at(true) } : null),
    // The only block that ever comes is mined, and told, while this is being answered.
    eth_getBlockByNumber: async () => {
      mine();
      await heard;
      return { number: '0x1', hash: blockHash, transactions: [] };
    },
  };
  const transport = custom({ request: async ({ method }: { method: string }) => answers[method]!() });
  const publicClient = createPublicClient({ chain: developmentChain, transport });
  const walletClient = createWalletClient({ chain: developmentChain, transport, account: developmentAccount(0) });
  const receipt = await sendAndWait(publicClient, walletClient, 'test', async () => hash);
  expect(receipt).toMatchObject({ transactionHash: hash, blockNumber: 2n, status: 'success' });
});

describe('a transaction that waits and is replaced in the wallet', () => {
  let anvil: Anvil;
  // On the local chain nobody looks for replacements.
  beforeAll(async () => {
    anvil = await startAnvil({ args: ['--no-mining', '--chain-id', String(base.id)] });
  });
  afterAll(() => anvil?.stop());

  test.each([
    ['cancelled', { value: 0n }, { code: 'transaction_replaced', values: { reason: 'cancelled' } }],
    ['changed', { value: 2n, to: developmentAccount(8).address }, { code: 'transaction_replaced' }],
    ['repriced', { value: 1n, to: developmentAccount(9).address }, undefined],
  ])('%s', async (_, instead, refusal) => {
    const inner = http(anvil.rpcUrl)({ chain: base });
    let looked: () => void;
    const hasLooked = new Promise<void>((resolve) => (looked = resolve));
    const request = async (asked: { method: string; params?: unknown }): Promise<unknown> => {
      const answer = await inner.request(asked);
      // What was sent is known by then, and was not found in a block.
      if (asked.method === 'eth_getBlockByNumber') looked();
      return answer;
    };
    const publicClient = createPublicClient({
      chain: base,
      transport: custom({ request }),
      pollingInterval: 10,
      cacheTime: 0,
    });
    const account = developmentAccount(1);
    const walletClient = createWalletClient({ account, chain: base, transport: http(anvil.rpcUrl) });
    const nonce = await publicClient.getTransactionCount(account);
    const fees = (gwei: string) => ({ maxFeePerGas: parseGwei(gwei), maxPriorityFeePerGas: parseGwei(gwei), nonce });
    const waiting = sendAndWait(publicClient, walletClient, 'pay', () =>
      walletClient.sendTransaction({ to: developmentAccount(9).address, value: 1n, gas: 21_000n, ...fees('10') }),
    );
    const outcome = Promise.allSettled([waiting]);
    await hasLooked;
    const replacement = { to: account.address, gas: 21_000n, ...fees('40'), ...instead };
    const replacedBy = await walletClient.sendTransaction(replacement);
    await anvil.testClient.mine({ blocks: 1 });
    const [settled] = await outcome;
    if (refusal === undefined) expect(settled).toMatchObject({ value: { transactionHash: replacedBy } });
    else
      expect(settled).toMatchObject({
        reason: { ...refusal, message: expect.stringMatching(/^Could not pay: .* nothing of it was done/) },
      });
  });
});

/** A chain that says its number, and of which nothing else is expected. */
function chainOf(chainId: string) {
  const asked: string[] = [];
  const request = async ({ method }: { method: string }) => {
    asked.push(method);
    if (method === 'eth_chainId') return chainId;
    throw new Error(`${method} was asked of chain ${chainId}`);
  };
  return { asked, transport: custom({ request }, { retryCount: 0 }) };
}

test('a wallet on another chain than the contracts sends nothing, and both are named', async () => {
  const [here, elsewhere] = [chainOf('0x7a69'), chainOf('0x1')];
  const publicClient = createPublicClient({ transport: here.transport });
  const walletClient = createWalletClient({ transport: elsewhere.transport, account: developmentAccount(0) });
  const token = developmentAccount(9).address;
  const deployment = { chainId: 31337, contracts: { DataAnchoringToken: token } } as unknown as Deployment;
  const refused = { code: 'wrong_chain', values: { walletChainId: 1, chainId: 31337 } };
  const client = createKedgeClient({ publicClient, walletClient, deployment });
  await expect(client.withdraw()).rejects.toMatchObject(refused);
  await expect(deployContracts({ publicClient, walletClient })).rejects.toMatchObject(refused);
  expect(new Set([...here.asked, ...elsewhere.asked])).toEqual(new Set(['eth_chainId']));
});

test('a wallet that signs outside is asked for its chain before each transaction, one with its own key once', async () => {
  const here = chainOf('0x7a69');
  const publicClient = createPublicClient({ transport: here.transport });
  const token = developmentAccount(9).address;
  const deployment = { chainId: 31337, contracts: { DataAnchoringToken: token } } as unknown as Deployment;
  for (const [account, times] of [
    [developmentAccount(1), 1],
    [developmentAccount(1).address, 2],
  ] as const) {
    const wallet = chainOf('0x7a69');
    const walletClient = createWalletClient({ transport: wallet.transport, account });
    const client = createKedgeClient({ publicClient, walletClient, deployment });
    for (const _ of [1, 2]) await expect(client.withdraw()).rejects.toMatchObject({ code: 'chain_error' });
    expect(wallet.asked).toEqual(Array(times).fill('eth_chainId'));
  }
});
