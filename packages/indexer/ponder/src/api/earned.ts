import type { Address } from '@kedge/core';
import { and, asc, desc, eq, inArray, lt, sql } from 'ponder';
import { db } from 'ponder:api';
import { accrual, ledger, tokenClaims, type token } from 'ponder:schema';
import { rowsOf } from './reading';
import { groupBy } from './rows';
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
async function indexBefore(classId: bigint, asset: Address, position: bigint): Promise<bigint> {
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
  // One parameter, for a statement takes 65,535 of them, and anybody may give somebody more tokens.
  const tokenIds = JSON.stringify(holding.map(({ tokenId }) => String(tokenId)));
  const [ledgers, claims, intervals] = await Promise.all([
    db.select().from(ledger).where(inArray(ledger.classId, classIds)).orderBy(asc(ledger.asset)),
    db
      .select()
      .from(tokenClaims)
      .where(sql`${tokenClaims.tokenId} IN (SELECT json_array_elements_text(${tokenIds}::json)::numeric)`),
    intervalsOf(holding),
  ]);
  const indexAt = await indicesBefore(
    holding.flatMap(({ tokenId, classId }) => {
      const { from, until } = intervals.get(tokenId)!;
      return [from, until].flatMap((position) => (position === null ? [] : { classId, position }));
    }),
  );
  const ledgersOf = groupBy(ledgers, ({ classId }) => String(classId));
  const claimedOf = new Map(claims.map(({ tokenId, asset, claimed }) => [`${tokenId}/${asset}`, claimed]));
  for (const { tokenId, classId, share } of holding) {
    const { from, until } = intervals.get(tokenId)!;
    for (const { asset, index } of ledgersOf.get(String(classId)) ?? []) {
      const before = (position: bigint): bigint => indexAt.get(keyOf(classId, asset, position)) ?? 0n;
      const end = until === null ? index : before(until);
      const earned = from === null ? 0n : (share * (end - before(from))) >> scaleBits;
      const claimed = claimedOf.get(`${tokenId}/${asset}`) ?? 0n;
      if (earned > 0n) result.get(tokenId)!.push({ asset, earned, claimed, claimable: earned - claimed });
    }
  }
  return result;
}

const keyOf = (classId: bigint, asset: string, position: bigint): string => `${classId}/${asset}/${position}`;

/**
 * The indices of all ledgers of classes as they were before positions. One query, whatever there is of either: anybody may
 * settle in assets of their own.
 */
async function indicesBefore(
  given: readonly { readonly classId: bigint; readonly position: bigint }[],
): Promise<Map<string, bigint>> {
  const bounds = JSON.stringify(given.map(({ classId, position }) => [String(classId), String(position)]));
  const rows = await rowsOf(sql`
    SELECT l.class_id, l.asset, b.position, a.index
    FROM (SELECT DISTINCT (each ->> 0)::numeric AS class_id, (each ->> 1)::numeric AS position
          FROM json_array_elements(${bounds}::json) AS each) AS b
    JOIN ${ledger} AS l ON l.class_id = b.class_id
    JOIN LATERAL (SELECT "index" FROM ${accrual} AS before
                  WHERE before.class_id = l.class_id AND before.asset = l.asset AND before.position < b.position
                  ORDER BY before.position DESC LIMIT 1) AS a ON true`);
  return new Map(
    rows.map((row) => [
      keyOf(BigInt(String(row['class_id'])), String(row['asset']), BigInt(String(row['position']))),
      BigInt(String(row['index'])),
    ]),
  );
}
