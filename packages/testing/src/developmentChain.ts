import { defineChain } from 'viem';

/** What anvil runs. The same as `foundry` of viem/chains, which loads every chain there is: a second of each process. */
export const developmentChain = defineChain({
  id: 31_337,
  name: 'Foundry',
  nativeCurrency: { decimals: 18, name: 'Ether', symbol: 'ETH' },
  rpcUrls: { default: { http: ['http://127.0.0.1:8545'] } },
});
