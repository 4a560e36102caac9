import { isSameAddress, zeroAddress } from '@kedge/core';
import type { Asset } from '../../data/readAsset.js';
import { AssetText } from '../../ui/AssetText.js';
import type { Effect } from '../transaction.js';

/** The line that says in full which asset is meant, for anyone may call one USDC; none for ETH. */
export function assetEffects(asset: Asset): Effect[] {
  if (isSameAddress(asset.address, zeroAddress)) return [];
  return [{ label: 'Asset', value: <AssetText asset={asset} /> }];
}
