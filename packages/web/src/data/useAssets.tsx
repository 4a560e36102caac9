import { zeroAddress, type Address, type Price } from '@kedge/core';
import { useQueries } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import type { PublicClient } from 'viem';
import { usePublicClient } from 'wagmi';
import { Amount } from '../ui/Amount.js';
import { showAmount } from '../ui/format.js';
import { priceFigure } from './priceText.js';
import { assetName, ether, readAsset, type Asset } from './readAsset.js';

/** A node that did not answer is asked again after this long. */
const againMs = 4_000;

/** Of an asset, an amount; exact where it is asked for with {@link allDigits}. */
type Of<Shown> = (address: Address, amount: bigint, digits?: number) => Shown;

/**
 * Shows amounts of these assets: `0.5 ETH`, and `…` until it is known how an asset is counted. One that does not say how is written
 * as its address, and in its smallest units.
 */
export function useAssets(addresses: readonly Address[]): {
  readonly assetOf: (address: Address) => Asset;
  readonly show: Of<ReactNode>;
  /** The same as plain text, for where nothing else can stand. */
  readonly say: Of<string>;
  /** What one whole unit costs. */
  readonly showPrice: (price: Price, unitDecimals: number) => ReactNode;
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
    return found[indexOf(address)]?.data ?? { address, symbol: undefined, decimals: 0 };
  };
  const isUnknown = (address: Address): boolean =>
    address !== zeroAddress && found[indexOf(address)]?.data === undefined;
  return {
    assetOf,
    show: (address, amount, digits) => {
      if (isUnknown(address)) return '…';
      const asset = assetOf(address);
      return <Amount figure={showAmount(amount, asset.decimals, digits)} asset={asset} />;
    },
    say: (address, amount, digits) => {
      if (isUnknown(address)) return '…';
      const asset = assetOf(address);
      return `${showAmount(amount, asset.decimals, digits)} ${assetName(asset)}`;
    },
    showPrice: (price, unitDecimals) => {
      if (isUnknown(price.asset)) return '…';
      const asset = assetOf(price.asset);
      return <Amount figure={priceFigure(price, unitDecimals, asset.decimals)} asset={asset} />;
    },
  };
}
