import { isSameAddress, type Address } from '@kedge/core';
import type { ReadClient } from '../client.js';
import { marketOf, tokenOf } from '../contracts.js';
import { reading } from '../reading.js';
import { getPlan } from './getPlan.js';

export type LotView = {
  readonly classId: bigint;
  readonly lot: number;
  readonly policyVersion: number;
  readonly asset: Address;
  /** Smallest units of the asset for `denominator` base units. */
  readonly price: { readonly numerator: bigint; readonly denominator: bigint };
  readonly operatorBps: number;
  readonly refundable: boolean;
  readonly expiredToClass: boolean;
  readonly seller: Address;
  /** Base units minted and neither spent nor refunded nor swept. */
  readonly outstanding: bigint;
  readonly spent: bigint;
  /** Backing still held, in smallest units of the asset. */
  readonly escrow: bigint;
  /** How the market or its plan sells it: base units left, and the expiry of what is sold (0: none of its own). */
  readonly listing: { readonly open: boolean; readonly supply: bigint; readonly expireAt: bigint };
};

/**
 * Reads a backed lot: its terms, what is left of its backing, and its listing.
 *
 * @throws BaseError `DATNonexistentLot`.
 *
 * @example
 * const { price, listing } = await getLot(client, { classId, lot });
 */
export async function getLot(
  client: ReadClient,
  { classId, lot }: { readonly classId: bigint; readonly lot: number },
): Promise<LotView> {
  const args = [classId, lot] as const;
  const [info, listing] = await reading(client, 'read the lot', (chain) =>
    Promise.all([
      chain.readContract({ ...tokenOf(client.deployment), functionName: 'lotInfo', args }),
      chain.readContract({ ...marketOf(client.deployment), functionName: 'listingOf', args }),
    ]),
  );
  const { priceNumerator, priceDenominator, ...terms } = info.terms;
  const plans = client.deployment.contracts.ValuePlans;
  const plan =
    plans !== undefined && isSameAddress(terms.seller, plans) ? await getPlan(client, { classId, lot }) : undefined;
  return {
    classId,
    lot,
    policyVersion: info.policyVersion,
    ...terms,
    price: { numerator: priceNumerator, denominator: priceDenominator },
    outstanding: info.outstanding,
    spent: info.spent,
    escrow: info.escrow,
    listing: plan === undefined ? listing : { open: plan.open, supply: plan.supply, expireAt: plan.expireAt },
  };
}
