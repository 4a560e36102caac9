import { type Address, dataAnchoringTokenAbi, valueMarketAbi } from '@kedge/core';
import type { PublicClient } from 'viem';
import type { LotOnSale } from './depositChain.js';
import { orRefused } from './isRefusal.js';

/** A lot as it is sold now; undefined as `lotOnSale` of `DepositChain` says. */
export async function readLotOnSale(
  client: PublicClient,
  token: Address,
  classId: bigint,
  lot: number,
): Promise<LotOnSale | undefined> {
  const tokens = { address: token, abi: dataAnchoringTokenAbi } as const;
  const known = await orRefused(
    Promise.all([
      client.readContract({ ...tokens, functionName: 'lotInfo', args: [classId, lot] }),
      client.readContract({ ...tokens, functionName: 'isSuperseded', args: [classId, lot] }),
    ]),
  );
  if (known === undefined) return undefined;
  const [{ terms }, isSuperseded] = known;
  if (isSuperseded) return undefined;
  // A seller of another kind has no listings: whether it sells is found out before anything is paid.
  const listing = await orRefused(
    client.readContract({
      address: terms.seller,
      abi: valueMarketAbi,
      functionName: 'listingOf',
      args: [classId, lot],
    }),
  );
  if (listing?.open === false) return undefined;
  return {
    asset: terms.asset,
    numerator: terms.priceNumerator,
    denominator: terms.priceDenominator,
    market: terms.seller,
    supply: listing?.supply,
    expireAt: listing?.expireAt ?? 0n,
  };
}
