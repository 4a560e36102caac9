import type { WebConfig } from '@kedge/core';
import { defineChain } from 'viem';
import { createConfig, createStorage, http, injected, noopStorage, type Config } from 'wagmi';
import { browserStorage } from '../app/browserStorage.js';
import { developmentConnector } from './developmentConnector.js';

const developmentChainId = 31337;

/**
 * Wallets of this page: whatever the browser has (EIP-1193, found by EIP-6963), and, on a local chain, the accounts that
 * its node signs for.
 */
export function createWagmiConfig(config: WebConfig): Config {
  const isLocal = config.chainId === developmentChainId;
  const chain = defineChain({
    id: config.chainId,
    name: config.chainName ?? `Chain ${config.chainId}`,
    nativeCurrency: { name: 'Ether', symbol: 'ETH', decimals: 18 },
    rpcUrls: { default: { http: [config.rpcUrl] } },
  });
  const accounts = isLocal ? Object.entries(config.developmentAccounts ?? {}) : [];
  return createConfig({
    chains: [chain],
    transports: { [chain.id]: http(config.rpcUrl, { batch: true, retryCount: 0 }) },
    connectors: [
      injected(),
      ...accounts.map(([role, address]) => developmentConnector({ role, address, rpcUrl: config.rpcUrl })),
    ],
    storage: createStorage({
      storage: browserStorage() ?? noopStorage,
      key: `kedge-${config.contracts.DataAnchoringToken}`,
    }),
    // A local node mines at once.
    pollingInterval: isLocal ? 250 : 4_000,
    cacheTime: 0,
  });
}
