import { BaseError } from '@kedge/core';
import type { ChainReader, Wallet, WriteClient } from './client.js';

/** Wallets that sign with a key of their own do not change their chain: asked once, like what reads beside a wallet. */
const known = new WeakMap<ChainReader | Wallet, number>();

/**
 * Refuses to send where the contracts are not: elsewhere a payment would go to an address without code. What signs outside,
 * such as a browser's wallet, changes its network at any time, and is asked before each transaction.
 *
 * @returns the id of that chain
 * @throws BaseError `wrong_chain`, `chain_mismatch` where what reads is of another chain: it would find everything in order there.
 */
export async function requireWalletChain(
  client: Pick<WriteClient, 'publicClient' | 'walletClient'> & Partial<Pick<WriteClient, 'deployment'>>,
  doing: string,
): Promise<number> {
  const { publicClient, walletClient, deployment } = client;
  const expected = deployment?.chainId ?? (await publicClient.getChainId());
  if (known.get(walletClient) === expected) return expected;
  const actual = await walletClient.getChainId();
  if (actual !== expected) {
    throw new BaseError(
      `Could not ${doing}: the wallet is on chain ${actual}, and the contracts are on chain ${expected}.`,
      {
        code: 'wrong_chain',
        values: { walletChainId: actual, chainId: expected },
        hints: [`Switch the wallet’s network to chain ${expected}, or use a deployment of chain ${actual}.`],
      },
    );
  }
  if (deployment !== undefined) await requireReaderChain(publicClient, expected, doing);
  if (walletClient.account.type === 'local') known.set(walletClient, actual);
  return expected;
}

async function requireReaderChain(publicClient: ChainReader, expected: number, doing: string): Promise<void> {
  if (known.get(publicClient) === expected) return;
  const found = await publicClient.getChainId();
  if (found !== expected) {
    throw new BaseError(
      `Could not ${doing}: the public client reads chain ${found}, and the contracts are on chain ${expected}.`,
      {
        code: 'chain_mismatch',
        values: { expected, found },
        hints: ['Name the RPC URL and the addresses of one chain.'],
      },
    );
  }
  known.set(publicClient, found);
}
