import type { Deployment } from '@kedge/core';
import { createKedgeClient, type KedgeClient, type Wallet } from '@kedge/sdk';
import { createPublicClient, createWalletClient, defineChain, http, type PublicClient } from 'viem';
import { developmentAccount } from '../../accounts/developmentAccount.js';
import type { Role } from '../../accounts/roles.js';

/** What anvil runs. The same as `foundry` of viem/chains, which loads every chain there is: a second of each start. */
const developmentChain = defineChain({
  id: 31_337,
  name: 'Foundry',
  nativeCurrency: { decimals: 18, name: 'Ether', symbol: 'ETH' },
  rpcUrls: { default: { http: ['http://127.0.0.1:8545'] } },
});

/** The two clients of a role; the local node mines at once, so receipts are asked for often. */
export function chainClientsOf(url: string, role: Role): { publicClient: PublicClient; walletClient: Wallet } {
  const common = { chain: developmentChain, transport: http(url), pollingInterval: 20, cacheTime: 0 } as const;
  return {
    publicClient: createPublicClient(common),
    walletClient: createWalletClient({ ...common, account: developmentAccount(role) }),
  };
}

/** A role's eyes and hands on the deployed contracts. */
export function setupClient(url: string, role: Role, deployment: Deployment): KedgeClient {
  return createKedgeClient({ ...chainClientsOf(url, role), deployment });
}
