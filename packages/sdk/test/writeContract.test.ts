import type { Deployment } from '@kedge/core';
import { developmentAccount, developmentChain } from '@kedge/testing';
import { createPublicClient, createWalletClient, custom } from 'viem';
import { expect, test } from 'vitest';
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
