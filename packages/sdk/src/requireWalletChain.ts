import { BaseError } from '@kedge/core';
import type { Wallet, WriteClient } from './client.js';

/** Wallets that sign with a key of their own do not change their chain: asked once. */
const known = new WeakMap<Wallet, number>();

/**
 * Refuses to send where the contracts are not: elsewhere a payment would go to an address without code. What signs outside,
 * such as a browser's wallet, changes its network at any time, and is asked before each transaction.
 *
 * @returns the id of that chain
 * @throws BaseError `wrong_chain`.
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
  if (walletClient.account.type === 'local') known.set(walletClient, actual);
  return expected;
}
