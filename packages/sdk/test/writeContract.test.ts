import { developmentAccount, developmentChain } from '@kedge/testing';
import { createPublicClient, createWalletClient, custom } from 'viem';
import { expect, test } from 'vitest';
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
