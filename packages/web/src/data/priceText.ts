import { formatUnits, unitPrice, type Price } from '@kedge/core';
import { grouped } from '../ui/format.js';

/** What one whole unit costs, whole however small it is: `0.001`. */
export function priceFigure(price: Price, unitDecimals: number, assetDecimals: number): string {
  return grouped(unitPrice(price, unitDecimals, assetDecimals));
}

/** What a number of base units costs, rounded up as the contract does. */
export function costUp({ numerator, denominator }: Price, baseUnits: bigint): bigint {
  return (baseUnits * numerator + denominator - 1n) / denominator;
}

/** A licence as people write it: an SPDX page by its identifier. SPDX calls what nobody stated NOASSERTION. */
export function licenceText(licence: string | null): string {
  if (licence === null || licence === '' || licence === 'NOASSERTION') return 'Not stated';
  return /^https:\/\/spdx\.org\/licenses\/([^/]+?)(\.html)?$/.exec(licence)?.[1] ?? licence;
}

/** Exact decimal of base units, without groups: for inputs. */
export function plainUnits(baseUnits: bigint, decimals: number): string {
  return formatUnits(baseUnits, decimals);
}
