import type { Deployment } from '@kedge/core';
import type { Account, Chain, PublicClient, Transport, WalletClient } from 'viem';

/** What reading actions need: a chain, and where Kedge's contracts are on it. */
export type ReadClient = { readonly publicClient: PublicClient; readonly deployment: Deployment };

/** A wallet that signs as one account. Its chain may be left out: the deployment names it. */
export type Wallet = WalletClient<Transport, Chain | undefined, Account>;

/** What writing actions need. */
export type WriteClient = ReadClient & { readonly walletClient: Wallet };

/** What every writing action returns beside its own values. */
export type Sent = {
  readonly transactionHash: `0x${string}`;
  readonly blockNumber: bigint;
  readonly gasUsed: bigint;
};
