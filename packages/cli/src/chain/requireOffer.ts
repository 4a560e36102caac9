import { BaseError } from '@kedge/core';
import { humanAmount, humanUnits } from '../human.js';
import { lotNumberOf } from './lotNumber.js';
import type { Asset } from './readAsset.js';
import type { Offer } from './readOffer.js';

/**
 * Refuses what the market, or a plan, would refuse, in the units that were typed: their own errors count in base units, and in
 * the smallest units of the asset. What is not listed is left to the contracts.
 *
 * @throws BaseError `lot_not_reached`, `lot_sold_out`, `lot_other_units`, `price_above_limit`
 */
export function requireOffer(
  { classId, lot, listing, price, plan }: Pick<Offer, 'classId' | 'lot' | 'listing' | 'price' | 'plan'>,
  wanted: {
    readonly units: bigint;
    readonly maxCost: bigint | undefined;
    readonly unitDecimals: number;
    readonly asset: Pick<Asset, 'name' | 'decimals'>;
  },
): void {
  const { units, maxCost, unitDecimals, asset } = wanted;
  if (!listing.open) return;
  const whole = (amount: bigint): string => humanUnits(amount, unitDecimals);
  const money = (amount: bigint): string => `${humanAmount(amount, asset.decimals)} ${asset.name}`;
  const number = lotNumberOf(lot);
  if (plan !== undefined && plan.currentLot !== lot) {
    const current = lotNumberOf(plan.currentLot);
    const now = plan.currentOpen ? `lot ${current} is sold now` : `lot ${current}, which is before it, is off sale`;
    throw new BaseError(`Lot ${number} of class ${classId} is a step whose turn comes later: ${now}.`, {
      code: 'lot_not_reached',
      hints: [plan.currentOpen ? `Buy of that one: --lot ${current}` : 'See what is on sale: kedge status'],
    });
  }
  if (units > listing.supply) {
    throw new BaseError(
      `Lot ${number} of class ${classId} has ${whole(listing.supply)} left, and ${whole(units)} were asked for.`,
      { code: 'lot_sold_out', hints: ['Buy fewer units, or of another lot. See what is on sale: kedge status'] },
    );
  }
  if (plan !== undefined && (plan.exact ? units !== plan.minUnits : units < plan.minUnits)) {
    const sold = `${whole(plan.minUnits)} ${plan.exact ? 'exactly' : 'at least'}`;
    throw new BaseError(`Lot ${number} of class ${classId} sells ${sold}, and ${whole(units)} were asked for.`, {
      code: 'lot_other_units',
      hints: ['Buy so many, or of another lot. See what is on sale: kedge status'],
    });
  }
  const cost = (price.numerator * units + price.denominator - 1n) / price.denominator;
  if (maxCost !== undefined && cost > maxCost) {
    throw new BaseError(`${money(cost)} for ${whole(units)} is above the limit of ${money(maxCost)}.`, {
      code: 'price_above_limit',
      hints: ['Allow more with --max-cost.'],
    });
  }
}
