import type { Address } from '@kedge/core';
import { and, asc, desc, eq, inArray, lt } from 'ponder';
import { db } from 'ponder:api';
import { accrual, ledger, tokenClaims, type token } from 'ponder:schema';
import { intervalsOf, type Interval } from './shares';

type TokenRow = typeof token.$inferSelect;

/** An index is revenue per unit of share, times 2^48 (P5). */
export const scaleBits = 48n;

export type Earned = {
  readonly asset: Address;
  readonly earned: bigint;
  readonly claimed: bigint;
  readonly claimable: bigint;
};

/** The index of a ledger as it was before `position`. */
export async function indexBefore(classId: bigint, asset: Address, position: bigint): Promise<bigint> {
  const ofLedger = and(eq(accrual.classId, classId), eq(accrual.asset, asset), lt(accrual.position, position));
  const rows = await db
    .select({ index: accrual.index })
    .from(accrual)
    .where(ofLedger)
    .orderBy(desc(accrual.position))
    .limit(1);
  return rows[0]?.index ?? 0n;
}

/** Between which values of the index a share earns. A share that is waiting starts at the newest one: it earned nothing. */
export async function boundsOf(
  { classId, asset, index }: { readonly classId: bigint; readonly asset: Address; readonly index: bigint },
  { from, until }: Interval,
): Promise<{ start: bigint; end: bigint }> {
  const end = until === null ? index : await indexBefore(classId, asset, until);
  return { start: from === null ? end : await indexBefore(classId, asset, from), end };
}

/** What each token earned in every asset of its class, as `pendingRevenue` works it out. */
export async function earnedBy(tokens: readonly TokenRow[]): Promise<Map<bigint, Earned[]>> {
  const holding = tokens.filter(({ share }) => share !== 0n);
  const result = new Map<bigint, Earned[]>(tokens.map(({ tokenId }) => [tokenId, []]));
  if (holding.length === 0) return result;
  const classIds = [...new Set(holding.map(({ classId }) => classId))];
  const tokenIds = holding.map(({ tokenId }) => tokenId);
  const [ledgers, claims, intervals] = await Promise.all([
    db.select().from(ledger).where(inArray(ledger.classId, classIds)).orderBy(asc(ledger.asset)),
    db.select().from(tokenClaims).where(inArray(tokenClaims.tokenId, tokenIds)),
    intervalsOf(holding),
  ]);
  for (const { tokenId, classId, share } of holding) {
    for (const book of ledgers.filter((each) => each.classId === classId)) {
      const { start, end } = await boundsOf(book, intervals.get(tokenId)!);
      const earned = (share * (end - start)) >> scaleBits;
      const claimed = claims.find((each) => each.tokenId === tokenId && each.asset === book.asset)?.claimed ?? 0n;
      if (earned > 0n) result.get(tokenId)!.push({ asset: book.asset, earned, claimed, claimable: earned - claimed });
    }
  }
  return result;
}
