import type {
  Address,
  Contribution,
  ContributorEarnings,
  Contributors,
  ExplainedContributors,
  IndexerAnswer,
} from '@kedge/core';
import { and, asc, count, desc, eq, lt, sql } from 'ponder';
import { db } from 'ponder:api';
import { commitment, contribution, contributorBook, contributorRoot } from 'ponder:schema';
import { labelsOf } from './labels';
import { cursorOf, happenedOf, lower, pageOf } from './rows';

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

/** What an account was paid as a contributor, by token and asset; and what came to it, whoever's leaf it was, by asset. */
export async function contributedTo(
  account: Address,
): Promise<{ earnings: ContributorEarnings[]; received: { asset: Address; sum: string }[] }> {
  const { tokenId, classId, asset } = contribution;
  const sum = sql<string>`sum(${contribution.amount})`;
  const [rows, received] = await Promise.all([
    db
      .select({ tokenId, classId, asset, sum, count: count() })
      .from(contribution)
      .where(eq(contribution.account, account))
      .groupBy(tokenId, classId, asset)
      .orderBy(desc(tokenId), asc(asset)),
    db.select({ asset, sum }).from(contribution).where(eq(contribution.to, account)).groupBy(asset),
  ]);
  const labels = await labelsOf(rows.map((row) => row.classId));
  const earnings = rows.map((row) => ({
    tokenId: row.tokenId,
    classId: row.classId,
    className: labels.get(row.classId)?.name ?? null,
    asset: row.asset,
    paid: BigInt(row.sum),
    payments: row.count,
  }));
  return { earnings, received };
}
