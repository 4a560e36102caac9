import { zeroAddress, type Address } from '@kedge/core';
import { useQueries } from '@tanstack/react-query';
import type { PublicClient } from 'viem';
import { usePublicClient } from 'wagmi';
import { showAmount } from '../ui/format.js';
import { assetName, readAsset, type Asset } from './readAsset.js';

export type { Asset } from './readAsset.js';

const ether: Asset = { address: zeroAddress, symbol: 'ETH', decimals: 18 };

/** Shows amounts of these assets: `0.5 ETH`. An asset that does not say its name is written as its address. */
export function useAssets(addresses: readonly Address[]): {
  readonly assetOf: (address: Address) => Asset;
  readonly show: (address: Address, amount: bigint, digits?: number) => string;
} {
  const chain = usePublicClient() as PublicClient;
  const others = [...new Set(addresses.map((address) => address.toLowerCase() as Address))].filter(
    (address) => address !== zeroAddress,
  );
  const found = useQueries({
    queries: others.map((address) => ({
      queryKey: ['asset', address],
      staleTime: Number.POSITIVE_INFINITY,
      queryFn: () => readAsset(chain, address),
    })),
  });
  const assetOf = (address: Address): Asset => {
    if (address === zeroAddress) return ether;
    const index = others.indexOf(address.toLowerCase() as Address);
    return found[index]?.data ?? { address, symbol: assetName(address), decimals: 0 };
  };
  return {
    assetOf,
    show: (address, amount, digits) => {
      const { decimals, symbol } = assetOf(address);
      return `${showAmount(amount, decimals, digits)} ${symbol}`;
    },
  };
}
