import type { Address, IndexedBond } from '@kedge/core';
import { asc, eq } from 'ponder';
import { db } from 'ponder:api';
import { bond, fraud, slash } from 'ponder:schema';

/** What an operator stands in for with money, and what it lost of it, by asset. */
export async function bondsOf(operator: Address): Promise<IndexedBond[]> {
  const [bonds, slashes, frauds] = await Promise.all([
    db.select().from(bond).where(eq(bond.operator, operator)).orderBy(asc(bond.asset)),
    db.select().from(slash).where(eq(slash.operator, operator)).orderBy(asc(slash.window)),
    db.select().from(fraud).where(eq(fraud.operator, operator)).orderBy(asc(fraud.position)),
  ]);
  return bonds.map(({ asset, amount, coveredUntil, releaseAt }) => ({
    asset,
    amount,
    coveredUntil,
    releaseAt,
    slashes: slashes
      .filter((each) => each.asset === asset)
      .map(({ window, pot, claims, endsAt, proofs, burned }) => ({ window, pot, claims, endsAt, proofs, burned })),
    frauds: frauds
      .filter((each) => each.asset === asset)
      .map(({ channelId, window, holder, reporter, backing, holderAmount, reporterAmount }) => ({
        channelId,
        window,
        holder,
        reporter,
        backing,
        paid: holderAmount === null || reporterAmount === null ? null : { holderAmount, reporterAmount },
      })),
  }));
}
