import { isSameAddress, zeroAddress, type Address } from '@kedge/core';
import { showCount } from '../ui/format.js';

type OfAsset = { readonly asset: Address };

/**
 * Of figures in several assets those that stand first where there is little room: in the asset that things are priced in, else
 * in ETH, else the first. Say what {@link othersOf} are, for anyone may have paid a little of any.
 */
export function mainOf<figures extends OfAsset>(all: readonly figures[], priced?: Address): figures | undefined {
  const inAsset = (wanted: Address | undefined): figures | undefined =>
    wanted === undefined ? undefined : all.find(({ asset }) => isSameAddress(asset, wanted));
  return inAsset(priced) ?? inAsset(zeroAddress) ?? all[0];
}

type Revenue = { readonly received: bigint; readonly claimed: bigint };

/** The revenue of a class that stands first: none yet, where it has none, of the asset that its units are priced in. */
export function mainRevenueOf(all: readonly (OfAsset & Revenue)[], priced?: Address): (OfAsset & Revenue) | undefined {
  return mainOf(all, priced) ?? (priced === undefined ? undefined : { asset: priced, received: 0n, claimed: 0n });
}

/** The rest of the figures. */
export function othersOf<figures extends OfAsset>(all: readonly figures[], main: figures | undefined): figures[] {
  return all.filter((each) => each !== main);
}

/** So many others are written out where there is room for them: anyone can pay in a token of their own. */
export const mostOthers = 2;

/** The assets that are written out of figures in several: of the main ones, and of the first others. */
export function namedOf(all: readonly OfAsset[], main: OfAsset | undefined): Address[] {
  return [...(main === undefined ? [] : [main]), ...othersOf(all, main).slice(0, mostOthers)].map(({ asset }) => asset);
}

/** That there are others, where there is no room for them. */
export function othersText(others: readonly OfAsset[]): string | undefined {
  return others.length === 0 ? undefined : `and in ${showCount(others.length, 'other asset')}`;
}
