import type { Asset } from '../data/readAsset.js';
import { Copyable } from './Copyable.js';

/** Which asset it is, for one who is about to pay in it or be paid: what it is called, and the whole address, to be copied. */
export function AssetText({ asset: { address, symbol } }: { asset: Asset }) {
  return (
    <span className="asset">
      {symbol !== undefined && <bdi>{symbol}</bdi>} <Copyable value={address} label="address of the asset" whole />
    </span>
  );
}
