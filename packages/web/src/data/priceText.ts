import { formatUnits, unitPrice, type Price } from '@kedge/core';
import { grouped } from '../ui/format.js';
import type { Asset } from './useAssets.js';

/** What one whole unit costs: `0.001 ETH`. */
export function priceText(price: Price, unitDecimals: number, { decimals, symbol }: Asset): string {
  return `${grouped(unitPrice(price, unitDecimals, decimals))} ${symbol}`;
}

/** What a number of base units costs, rounded up as the contract does. */
export function costUp({ numerator, denominator }: Price, baseUnits: bigint): bigint {
  return (baseUnits * numerator + denominator - 1n) / denominator;
}

/** A licence as people write it: an SPDX page by its identifier. */
export function licenceText(licence: string | null): string {
  if (licence === null || licence === '') return 'Not stated';
  return /^https:\/\/spdx\.org\/licenses\/([^/]+?)(\.html)?$/.exec(licence)?.[1] ?? licence;
}

/** Exact decimal of base units, without groups: for inputs. */
export function plainUnits(baseUnits: bigint, decimals: number): string {
  return formatUnits(baseUnits, decimals);
}
