import type { BaseError } from '@kedge/core';
import type { Undone } from './doEach.js';
import type { Asset } from './readAsset.js';

/** An asset in which not all was paid. Anyone can settle in an asset of their own, which refuses what it likes. */
export function notAllPaid({ item: asset, error }: Undone<Asset>): BaseError {
  return error.with({
    message: `Not all is paid in ${asset.name}. ${error.shortMessage}`,
    values: { asset: asset.address },
    hints: [...error.hints, 'What is paid in other assets stands. Run it again for the rest.'],
  });
}
