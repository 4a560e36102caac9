import { zeroAddress, type Address, type Price } from '@kedge/core';
import { useQueries } from '@tanstack/react-query';
import type { PublicClient } from 'viem';
import { usePublicClient } from 'wagmi';
import { showAmount } from '../ui/format.js';
import { priceText } from './priceText.js';
import { assetName, readAsset, type Asset } from './readAsset.js';

export type { Asset } from './readAsset.js';

/** A node that did not answer is asked again after this long. */
const againMs = 4_000;

const ether: Asset = { address: zeroAddress, symbol: 'ETH', decimals: 18 };

/**
 * Shows amounts of these assets: `0.5 ETH`, and `…` until it is known how an asset is counted. One that does not say how is written
 * as its address, and in its smallest units.
 */
export function useAssets(addresses: readonly Address[]): {
  readonly assetOf: (address: Address) => Asset;
  readonly show: (address: Address, amount: bigint, digits?: number) => string;
  /** What one whole unit costs. */
  readonly showPrice: (price: Price, unitDecimals: number) => string;
} {
  const chain = usePublicClient() as PublicClient;
  const others = [...new Set(addresses.map((address) => address.toLowerCase() as Address))].filter(
    (address) => address !== zeroAddress,
  );
  const found = useQueries({
    queries: others.map((address) => ({
      queryKey: ['asset', address],
      staleTime: Number.POSITIVE_INFINITY,
      refetchInterval: ({ state }: { readonly state: { readonly data: unknown } }) =>
        state.data === undefined ? againMs : false,
      queryFn: () => readAsset(chain, address),
    })),
  });
  const indexOf = (address: Address): number => others.indexOf(address.toLowerCase() as Address);
  const assetOf = (address: Address): Asset => {
    if (address === zeroAddress) return ether;
    return found[indexOf(address)]?.data ?? { address, symbol: assetName(address), decimals: 0 };
  };
  const isUnknown = (address: Address): boolean =>
    address !== zeroAddress && found[indexOf(address)]?.data === undefined;
  return {
    assetOf,
    show: (address, amount, digits) => {
      if (isUnknown(address)) return '…';
      const { decimals, symbol } = assetOf(address);
      return `${showAmount(amount, decimals, digits)} ${symbol}`;
    },
    showPrice: (price, unitDecimals) =>
      isUnknown(price.asset) ? '…' : priceText(price, unitDecimals, assetOf(price.asset)),
  };
}
