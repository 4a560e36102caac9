import { BaseError } from '@kedge/core';
import type { LotView } from '@kedge/sdk';
import { humanAmount } from '../human.js';
import { lotNumberOf } from './lotNumber.js';
import type { Asset } from './readAsset.js';

/**
 * Refuses what the market would refuse, in the units that were typed: its own errors count in base units, and in the smallest
 * units of the asset. What is not listed there, such as a plan, is left to the contracts.
 *
 * @throws BaseError `lot_sold_out`, `price_above_limit`
 */
export function requireOffer(
  { classId, lot, listing, price }: Pick<LotView, 'classId' | 'lot' | 'listing' | 'price'>,
  wanted: {
    readonly units: bigint;
    readonly maxCost: bigint | undefined;
    readonly unitDecimals: number;
    readonly asset: Pick<Asset, 'symbol' | 'decimals'>;
  },
): void {
  const { units, maxCost, unitDecimals, asset } = wanted;
  if (!listing.open) return;
  const whole = (amount: bigint): string => humanAmount(amount, unitDecimals);
  const money = (amount: bigint): string => `${humanAmount(amount, asset.decimals)} ${asset.symbol}`;
  if (units > listing.supply) {
    throw new BaseError(
      `Lot ${lotNumberOf(lot)} of class ${classId} has ${whole(listing.supply)} units left, and ${whole(units)} were asked for.`,
      { code: 'lot_sold_out', hints: ['Buy fewer units, or of another lot: kedge status lists what is on sale.'] },
    );
  }
  const cost = (price.numerator * units + price.denominator - 1n) / price.denominator;
  if (maxCost !== undefined && cost > maxCost) {
    throw new BaseError(`${whole(units)} units cost ${money(cost)}, which is above the limit of ${money(maxCost)}.`, {
      code: 'price_above_limit',
      hints: ['Allow more with --max-cost.'],
    });
  }
}
