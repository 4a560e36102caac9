import { BaseError, type Deployment } from '@kedge/core';
import type { AnyReader, AnyWallet, ChainReader, Wallet } from './client.js';
import { plainDeployment } from './plainAddress.js';
import { publicActions, type PublicActions } from './publicActions.js';
import { walletActions, type WalletActions } from './walletActions.js';

/** A wallet of viem that reads the chain, too: every writing action simulates first and waits for its receipt. */
export type ReadingWallet = AnyWallet & AnyReader;

/**
 * The reading actions as an extension of a public client of viem, for those who have one already.
 *
 * @param deployment Where Kedge's contracts are on the client's chain.
 *
 * @example
 * const client = createPublicClient({ transport: http(rpcUrl) }).extend(kedgeActions(deployment));
 * const { issuer } = await client.getClass({ classId: 1n });
 */
export function kedgeActions(deployment: Deployment): (client: AnyReader) => PublicActions {
  return (client) => publicActions({ publicClient: client as ChainReader, deployment: plainDeployment(deployment) });
}

/**
 * The writing actions as an extension of a wallet client of viem that has viem's own `publicActions`.
 *
 * @param deployment Where Kedge's contracts are on the client's chain.
 *
 * @throws BaseError `reader_missing` without these, `account_missing`.
 *
 * @example
 * import { publicActions } from 'viem';
 *
 * const wallet = createWalletClient({ account, transport: http(rpcUrl) })
 *   .extend(publicActions)
 *   .extend(kedgeWalletActions(deployment));
 * const { tokenId } = await wallet.buyValue({ classId: 2n, lot: 0x80000001, units: 1_000_000n });
 */
export function kedgeWalletActions(deployment: Deployment): (client: ReadingWallet) => WalletActions {
  return (client) => {
    // Programs that are not type-checked come without.
    if (client.readContract === undefined) {
      throw new BaseError('The wallet client does not read the chain.', {
        code: 'reader_missing',
        hints: ['Extend it with publicActions of viem first: createWalletClient({ … }).extend(publicActions).'],
      });
    }
    const publicClient = client as unknown as ChainReader;
    return walletActions({
      publicClient,
      walletClient: client as unknown as Wallet,
      deployment: plainDeployment(deployment),
    });
  };
}
