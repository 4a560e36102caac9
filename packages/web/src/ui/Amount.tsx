import { isSameAddress, zeroAddress } from '@kedge/core';
import type { Asset } from '../data/readAsset.js';
import { shorten } from './format.js';

/** A figure in an asset. Anyone may call a contract USDC: all but ETH have their address beside what they are called. */
export function Amount({ figure, asset: { address, symbol } }: { figure: string; asset: Asset }) {
  const shown = symbol === undefined ? figure : `${figure} ${symbol}`;
  if (isSameAddress(address, zeroAddress)) return shown;
  return (
    <>
      <bdi>{shown}</bdi>{' '}
      <small className="asset-address" title={address}>
        {shorten(address)}
      </small>
    </>
  );
}
