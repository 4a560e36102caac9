import type { IndexedLot } from '@kedge/core';
import type { lot, plan } from 'ponder:schema';

/** A lot with the plan under which it is sold. */
export function lotAnswer(
  row: typeof lot.$inferSelect,
  planned: typeof plan.$inferSelect | undefined,
  currentVersion: number,
): IndexedLot {
  return {
    classId: row.classId,
    lot: Number(row.lot),
    policyVersion: row.policyVersion,
    superseded: row.policyVersion !== currentVersion,
    price: { asset: row.asset, numerator: row.priceNumerator, denominator: row.priceDenominator },
    operatorBps: row.operatorBps,
    refundable: row.refundable,
    expiredToClass: row.expiredToClass,
    seller: row.seller,
    listing:
      row.listed === null ? null : { open: row.listed, supply: row.supply, expireAt: momentOf(row.listingExpireAt) },
    plan: planned?.open === true ? planAnswer(planned) : null,
    outstanding: row.outstanding,
    spent: row.spent,
    escrow: row.escrow,
  };
}

/** A time of 64 bits as a JSON number: what is beyond all that one holds exactly is as good as for ever. */
function momentOf(time: bigint): number {
  return Number(time < Number.MAX_SAFE_INTEGER ? time : Number.MAX_SAFE_INTEGER);
}

function planAnswer(row: typeof plan.$inferSelect): IndexedLot['plan'] {
  const { supply, minUnits, exact, lotBefore } = row;
  const [duration, expireAt] = [Number(row.duration), Number(row.expireAt)];
  const before = lotBefore === null ? null : Number(lotBefore);
  return { supply, minUnits, exact, duration, expireAt, lotBefore: before };
}
