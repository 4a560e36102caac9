import type { Holder } from '@kedge/core';
import { asc, count, desc, eq, sql } from 'ponder';
import { db } from 'ponder:api';
import { token } from 'ponder:schema';
import { indexedAt } from './reading';
import { isActiveAt, isPendingAt } from './shares';

/** Who holds shares of a class, active or waiting, the largest first; and how many do. */
export async function holdersOf(
  classId: bigint,
  { offset, limit }: { readonly offset: number; readonly limit: number },
): Promise<{ readonly holders: Holder[]; readonly holderCount: number }> {
  const now = await indexedAt();
  const sharesWhere = (condition: ReturnType<typeof sql>) =>
    sql<string>`coalesce(sum(${token.share}) FILTER (WHERE ${condition}), 0)`;
  const [active, pending] = [sharesWhere(isActiveAt(now)), sharesWhere(isPendingAt(now))];
  const rows = await db
    .select({
      owner: token.owner,
      active,
      pending,
      tokenCount: count(),
      holderCount: sql<string>`count(*) OVER ()`,
    })
    .from(token)
    .where(eq(token.classId, classId))
    .groupBy(token.owner)
    .having(sql`${active} + ${pending} > 0`)
    .orderBy(desc(active), asc(token.owner))
    .offset(offset)
    .limit(limit);
  return {
    holders: rows.map(({ owner, tokenCount, ...shares }) => ({
      owner,
      share: BigInt(shares.active),
      pendingShare: BigInt(shares.pending),
      tokenCount,
    })),
    holderCount: Number(rows[0]?.holderCount ?? 0),
  };
}
