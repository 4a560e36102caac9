import type { Address, Contribution, Contributors, ExplainedContributors, IndexerAnswer } from '@kedge/core';
import { and, asc, count, desc, eq, lt, sql } from 'ponder';
import { db } from 'ponder:api';
import { commitment, contribution, contributorBook, contributorRoot } from 'ponder:schema';
import { labelsOf } from './labels';
import { cursorOf, happenedOf, lower, offsetOf, pageOf, type Paged } from './rows';

/** Who shares what a token earns; null where it was not given to contributors. */
export async function contributorsOf(tokenId: bigint): Promise<Contributors | null> {
  const [found, roots, books] = await Promise.all([
    db.select().from(commitment).where(eq(commitment.tokenId, tokenId)),
    db.select().from(contributorRoot).where(eq(contributorRoot.tokenId, tokenId)).orderBy(asc(contributorRoot.epoch)),
    db.select().from(contributorBook).where(eq(contributorBook.tokenId, tokenId)).orderBy(asc(contributorBook.asset)),
  ]);
  const [row] = found;
  if (row === undefined) return null;
  const { vault, controller, pendingController } = row;
  return {
    vault,
    controller,
    pendingController,
    epochs: roots.map(({ epoch, root, totalWeight, cid, ...happened }) => ({
      epoch,
      root,
      totalWeight,
      cid,
      books: books
        .filter((each) => each.epoch === epoch)
        .map(({ asset, accrued, claimed }) => ({ asset, accrued, claimed })),
      ...happenedOf(happened),
    })),
  };
}

export async function listContributions(query: {
  tokenId: bigint;
  account?: Address;
  asset?: Address;
  after?: string;
  limit: number;
}): Promise<IndexerAnswer<'contributions'>> {
  const after = cursorOf(query.after);
  const rows = await db
    .select()
    .from(contribution)
    .where(
      and(
        eq(contribution.tokenId, query.tokenId),
        query.account === undefined ? undefined : eq(contribution.account, lower(query.account)),
        query.asset === undefined ? undefined : eq(contribution.asset, query.asset),
        after === undefined ? undefined : lt(contribution.position, after),
      ),
    )
    .orderBy(desc(contribution.position))
    .limit(query.limit + 1);
  return pageOf(rows, query.limit, ({ position }) => String(position), rows.map(contributionAnswer));
}

function contributionAnswer(row: typeof contribution.$inferSelect): Contribution {
  const { tokenId, asset, account, epoch, leaf, to, amount } = row;
  return { tokenId, asset, account, epoch, index: Number(leaf), to, amount, ...happenedOf(row) };
}

/** What becomes of a token's claims in an asset; null where they are the owner's. */
export async function explainContributors(
  tokenId: bigint,
  asset: Address,
  limit: number,
): Promise<ExplainedContributors | null> {
  const ofAsset = and(eq(contribution.tokenId, tokenId), eq(contribution.asset, asset));
  const [contributors, { items }, paid] = await Promise.all([
    contributorsOf(tokenId),
    listContributions({ tokenId, asset, limit }),
    db
      .select({ count: count(), sum: sql<string>`coalesce(sum(${contribution.amount}), 0)` })
      .from(contribution)
      .where(ofAsset),
  ]);
  if (contributors === null) return null;
  const { vault, epochs } = contributors;
  const books = epochs.flatMap((each) => each.books).filter((book) => book.asset === asset);
  const all = BigInt(paid[0]!.sum);
  const shown = items.reduce((sum, { amount }) => sum + amount, 0n);
  return {
    vault,
    epoch: epochs.length,
    settled: books.reduce((sum, { accrued }) => sum + accrued, 0n),
    paid: all,
    payments: [...items],
    otherPayments: { amount: all - shown, count: paid[0]!.count - items.length },
  };
}

/** What an account was paid as a contributor, by token and asset: ETH first, and of each asset what paid most before what less. */
export async function listContributorEarnings(
  query: { address: Address } & Paged,
): Promise<IndexerAnswer<'contributorEarnings'>> {
  const { tokenId, classId, asset } = contribution;
  const sum = sql<string>`sum(${contribution.amount})`;
  const offset = offsetOf(query);
  const rows = await db
    .select({ tokenId, classId, asset, sum, count: count() })
    .from(contribution)
    .where(eq(contribution.account, lower(query.address)))
    .groupBy(tokenId, classId, asset)
    .orderBy(asc(asset), desc(sum), desc(tokenId))
    .offset(offset)
    .limit(query.limit + 1);
  const labels = await labelsOf(rows.map((row) => row.classId));
  const items = rows.map((row) => ({
    tokenId: row.tokenId,
    classId: row.classId,
    className: labels.get(row.classId)?.name ?? null,
    asset: row.asset,
    paid: BigInt(row.sum),
    payments: row.count,
  }));
  return pageOf(rows, query.limit, () => String(offset + query.limit), items);
}

/** What came to an account of contributions, whoever's leaf it was, by asset. */
export async function contributedTo(account: Address): Promise<{ asset: Address; sum: string }[]> {
  return db
    .select({ asset: contribution.asset, sum: sql<string>`sum(${contribution.amount})` })
    .from(contribution)
    .where(eq(contribution.to, account))
    .groupBy(contribution.asset);
}
