import { zeroAddress, type Address } from '@kedge/core';

/** Of figures in several assets those that stand for all where there is room for one: in ETH, else the first. */
export function mainOf<figures extends { readonly asset: Address }>(all: readonly figures[]): figures | undefined {
  return all.find(({ asset }) => asset === zeroAddress) ?? all[0];
}
