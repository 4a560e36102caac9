import { and, inArray, isNull, lt, sql } from 'ponder';
import { db } from 'ponder:api';
import { shareMoment, token, type classBook } from 'ponder:schema';

type TokenRow = typeof token.$inferSelect;
type SQL = ReturnType<typeof sql>;

/** Active share of each class at `now`: what the contract stores, and what it will take note of at its next settlement. */
export async function activeShares(
  classes: readonly (typeof classBook.$inferSelect)[],
  now: number,
): Promise<Map<bigint, bigint>> {
  const shares = new Map(classes.map(({ classId, totalShare }) => [classId, totalShare]));
  if (classes.length === 0) return shares;
  const due = and(
    inArray(shareMoment.classId, [...shares.keys()]),
    isNull(shareMoment.done),
    lt(shareMoment.moment, BigInt(now)),
  );
  for (const { classId, entering, leaving } of await db.select().from(shareMoment).where(due)) {
    shares.set(classId, shares.get(classId)! + entering - leaving);
  }
  return shares;
}

/** Between which positions a share earns: what is settled after `from`, up to `until`. Null: not yet, or no end yet. */
export type Interval = { readonly from: bigint | null; readonly until: bigint | null };

/** Where shares entered and left, by token. */
export async function intervalsOf(tokens: readonly TokenRow[]): Promise<Map<bigint, Interval>> {
  const done = new Map<string, bigint>();
  const classIds = [...new Set(tokens.map(({ classId }) => classId))];
  if (classIds.length > 0) {
    const moments = await db.select().from(shareMoment).where(inArray(shareMoment.classId, classIds));
    for (const { classId, moment, done: position } of moments)
      if (position !== null) done.set(`${classId}/${moment}`, position);
  }
  return new Map(
    tokens.map((row) => {
      const { tokenId, classId, activateAt, shareExpireAt, entry, retired } = row;
      const from = activateAt === 0n ? entry : (done.get(`${classId}/${activateAt}`) ?? null);
      const expired = shareExpireAt === 0n ? null : (done.get(`${classId}/${shareExpireAt}`) ?? null);
      return [tokenId, { from, until: retired ?? expired }];
    }),
  );
}

export async function intervalOf(row: TokenRow): Promise<Interval> {
  return (await intervalsOf([row])).get(row.tokenId)!;
}

export function shareStateOf(row: TokenRow, now: number): 'none' | 'pending' | 'active' | 'ended' {
  if (row.share === 0n) return 'none';
  if (row.retired !== null || (row.shareExpireAt !== 0n && row.shareExpireAt < BigInt(now))) return 'ended';
  return row.activateAt !== 0n && row.activateAt >= BigInt(now) ? 'pending' : 'active';
}

/** The same as conditions on tokens: whether a share waits, and whether it is active. */
export const isPendingAt = (now: number): SQL =>
  sql`${isNotEnded(now)} AND ${token.activateAt} <> 0 AND ${token.activateAt} >= ${now}::numeric`;
export const isActiveAt = (now: number): SQL =>
  sql`${isNotEnded(now)} AND (${token.activateAt} = 0 OR ${token.activateAt} < ${now}::numeric)`;
const isNotEnded = (now: number): SQL =>
  sql`${token.retired} IS NULL AND (${token.shareExpireAt} = 0 OR ${token.shareExpireAt} >= ${now}::numeric)`;
