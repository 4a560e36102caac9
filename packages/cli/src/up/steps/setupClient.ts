import type { Deployment } from '@kedge/core';
import { createKedgeClient, type KedgeClient, type Wallet } from '@kedge/sdk';
import { createPublicClient, createWalletClient, http, type PublicClient } from 'viem';
import { foundry } from 'viem/chains';
import { developmentAccount } from '../../accounts/developmentAccount.js';
import type { Role } from '../../accounts/roles.js';

/** The two clients of a role; the local node mines at once, so receipts are asked for often. */
export function chainClientsOf(url: string, role: Role): { publicClient: PublicClient; walletClient: Wallet } {
  const common = { chain: foundry, transport: http(url), pollingInterval: 20, cacheTime: 0 } as const;
  return {
    publicClient: createPublicClient(common),
    walletClient: createWalletClient({ ...common, account: developmentAccount(role) }),
  };
}

/** A role's eyes and hands on the deployed contracts. */
export function setupClient(url: string, role: Role, deployment: Deployment): KedgeClient {
  return createKedgeClient({ ...chainClientsOf(url, role), deployment });
}
