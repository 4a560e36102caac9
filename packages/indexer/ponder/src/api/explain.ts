import type { AccrualPart, Address, Cause, ClaimExplanation, Earlier } from '@kedge/core';
import { and, count, desc, eq, gt, gte, lt, lte, sql } from 'ponder';
import { db } from 'ponder:api';
import { accrual, classBook, ledger, royalty, royaltyEdge, tokenClaims } from 'ponder:schema';
import { apportion } from '../../../src/apportion.js';
import { labelsOf } from './labels';
import { explainContributors } from './contributors';
import { boundsOf, scaleBits } from './earned';
import { indexedBlock } from './reading';
import { happenedOf, lower } from './rows';
import { intervalOf } from './shares';
import { requireToken } from './tokens';
import { useCause } from './uses';

type AccrualRow = typeof accrual.$inferSelect;
type Weighted = { readonly row: AccrualRow; readonly amount: bigint };
type Newest = { readonly parts: readonly Weighted[]; readonly earlier: Earlier };

/** How much is listed: so many accruals at each level, and no more than `left` in all. */
type Budget = { readonly limit: number; left: number };

const mostParts = 2_000;
const basisPoints = 10_000n;
const nothing: Earlier = { amount: 0n, count: 0 };

/** Why a token can claim what it can, in an asset. */
export async function explainClaim(query: {
  tokenId: bigint;
  asset: Address;
  limit: number;
}): Promise<ClaimExplanation> {
  const { tokenId } = query;
  const asset = lower(query.asset);
  // Claims first: what is claimed later than the ledger is read would be more than it earned.
  const claims = await db
    .select()
    .from(tokenClaims)
    .where(and(eq(tokenClaims.tokenId, tokenId), eq(tokenClaims.asset, asset)));
  const row = await requireToken(tokenId);
  const { classId, share, owner } = row;
  const [labels, block, interval, contributors, books] = await Promise.all([
    labelsOf([classId]),
    indexedBlock(),
    intervalOf(row),
    explainContributors(tokenId, asset, query.limit),
    db
      .select()
      .from(ledger)
      .where(and(eq(ledger.classId, classId), eq(ledger.asset, asset))),
  ]);
  const head = { tokenId, classId, className: labels.get(classId)?.name ?? null, asset, owner, share };
  const blockNumber = block?.blockNumber ?? 0;
  const [book] = books;
  const claimed = claims[0]?.claimed ?? 0n;
  if (book === undefined || share === 0n) {
    return { ...head, blockNumber, earned: claimed, claimed, claimable: 0n, parts: [], earlier: nothing, contributors };
  }
  const { start, end } = await boundsOf(book, interval);
  const earned = (share * (end - start)) >> scaleBits;
  const earnedUpTo = (index: bigint): bigint => {
    const reached = index < start ? start : index > end ? end : index;
    return (share * (reached - start)) >> scaleBits;
  };
  const budget = { limit: query.limit, left: mostParts };
  // An accrual contributes from the first index at which a whole unit was earned that is not yet claimed.
  const firstIndex = start + (((claimed + 1n) << scaleBits) + share - 1n) / share;
  const ofLedger = and(eq(accrual.classId, classId), eq(accrual.asset, asset));
  const until =
    interval.until === null ? lte(accrual.position, book.lastAccrual) : lt(accrual.position, interval.until);
  const contributing = earned > claimed ? and(ofLedger, until, gte(accrual.index, firstIndex)) : undefined;
  const newest = await newestParts(
    contributing,
    (each, before) => {
      const from = earnedUpTo(before?.index ?? 0n);
      return earnedUpTo(each.index) - (from > claimed ? from : claimed);
    },
    earned - claimed,
    budget,
  );
  const { parts, earlier } = await withOrphans(newest, budget);
  return {
    ...head,
    blockNumber,
    earned,
    claimed,
    claimable: earned - claimed,
    parts: await partsOf(parts, budget),
    earlier,
    contributors,
  };
}

/**
 * The newest accruals that contribute to an amount, newest first, each with its contribution; the older ones are summed.
 *
 * @param amountOf contribution of an accrual, given the one before it in the ledger
 * @param total what all contributions sum to
 */
async function newestParts(
  contributing: ReturnType<typeof and>,
  amountOf: (row: AccrualRow, before: AccrualRow | undefined) => bigint,
  total: bigint,
  budget: Budget,
): Promise<Newest> {
  if (contributing === undefined || total === 0n) return { parts: [], earlier: nothing };
  const limit = Math.min(budget.limit, Math.max(budget.left, 0));
  const rows = await db.select().from(accrual).where(contributing).orderBy(desc(accrual.position)).limit(limit);
  const befores = await Promise.all(rows.map((row, place) => rows[place + 1] ?? accrualBefore(row)));
  const parts = rows.map((row, place) => ({ row, amount: amountOf(row, befores[place]) }));
  budget.left -= parts.length;
  const rest = total - parts.reduce((sum, { amount }) => sum + amount, 0n);
  if (rest === 0n) return { parts: parts.filter(({ amount }) => amount > 0n), earlier: nothing };
  const all = await db.select({ count: count() }).from(accrual).where(contributing);
  return {
    parts: parts.filter(({ amount }) => amount > 0n),
    earlier: { amount: rest, count: all[0]!.count - rows.length },
  };
}

async function accrualBefore({ classId, asset, position }: AccrualRow): Promise<AccrualRow | undefined> {
  const before = and(eq(accrual.classId, classId), eq(accrual.asset, asset), lt(accrual.position, position));
  return (await db.select().from(accrual).where(before).orderBy(desc(accrual.position)).limit(1))[0];
}

/**
 * Revenue that found no share waits, and is divided with the next that does (R20): both are behind that part. It is the oldest
 * part of a token, for while a share is active, all revenue finds one.
 */
async function withOrphans(newest: Newest, budget: Budget): Promise<Newest> {
  const { parts, earlier } = newest;
  const oldest = parts.at(-1);
  if (oldest === undefined || earlier.count > 0) return newest;
  const { row, amount } = oldest;
  const books = await db.select().from(classBook).where(eq(classBook.classId, row.classId));
  if (books[0]?.beneficiary !== null) return newest;
  const ofLedger = and(
    eq(accrual.classId, row.classId),
    eq(accrual.asset, row.asset),
    lt(accrual.position, row.position),
  );
  const divided = await db
    .select({ position: accrual.position })
    .from(accrual)
    .where(and(ofLedger, gt(accrual.totalShare, 0n)))
    .orderBy(desc(accrual.position))
    .limit(1);
  const waiting = and(ofLedger, gt(accrual.position, divided[0]?.position ?? -1n));
  const limit = Math.max(Math.min(budget.limit - parts.length, budget.left), 0);
  const [listed, all] = await Promise.all([
    db.select().from(accrual).where(waiting).orderBy(desc(accrual.position)).limit(limit),
    db
      .select({ count: count(), sum: sql<string>`coalesce(sum(${accrual.toHolders}), 0)` })
      .from(accrual)
      .where(waiting),
  ]);
  budget.left -= listed.length;
  const inOrder = [...listed.toReversed(), row];
  const rest = BigInt(all[0]!.sum) - listed.reduce((sum, { toHolders }) => sum + toHolders, 0n);
  const [before = 0n, ...amounts] = apportion(amount, [rest, ...inOrder.map(({ toHolders }) => toHolders)]);
  const spread = inOrder.map((each, place) => ({ row: each, amount: amounts[place]! })).toReversed();
  return {
    parts: [...parts.slice(0, -1), ...spread.filter((each) => each.amount > 0n)],
    earlier: { amount: before, count: before === 0n ? 0 : all[0]!.count - listed.length },
  };
}

async function partsOf(parts: readonly Weighted[], budget: Budget): Promise<AccrualPart[]> {
  const labels = await labelsOf(parts.map(({ row }) => row.classId));
  const answers: AccrualPart[] = [];
  for (const { row, amount } of parts) {
    answers.push({
      amount,
      classId: row.classId,
      className: labels.get(row.classId)?.name ?? null,
      ...happenedOf(row),
      received: row.amount,
      toHolders: row.toHolders,
      totalShare: row.totalShare,
      cause: await causeOf(row, amount, budget),
    });
  }
  return answers;
}

async function causeOf(row: AccrualRow, amount: bigint, budget: Budget): Promise<Cause> {
  if (row.cause === 'royalty') return royaltyCause(row, amount, budget);
  if (row.cause === 'release') return useCause(row, amount);
  if (row.cause === 'backing') return { type: 'backing', lot: Number(row.lot ?? 0n) };
  return { type: 'settlement', payer: row.payer };
}

/** What the child had received since the edge was last collected, each with its part of the royalty. */
async function royaltyCause(row: AccrualRow, amount: bigint, budget: Budget): Promise<Cause> {
  const collected = (
    await db
      .select()
      .from(royalty)
      .where(eq(royalty.position, row.causePosition ?? -1n))
  )[0]!;
  const { childId, asset, position, collectedBefore } = collected;
  const edge = await edgeOf(childId, collected.parentIndex);
  const bps = BigInt(edge.royaltyBps);
  const royaltyOf = (received: bigint): bigint => (received * bps) / basisPoints;
  // The first `received` of which more was due than had been collected.
  const firstReceived = ((collectedBefore + 1n) * basisPoints + bps - 1n) / bps;
  const contributing = and(
    eq(accrual.classId, childId),
    eq(accrual.asset, asset),
    lt(accrual.position, position),
    gte(accrual.received, firstReceived),
  );
  const { parts, earlier } = await newestParts(
    contributing,
    (each, before) => {
      const from = royaltyOf(before?.received ?? 0n);
      return royaltyOf(each.received) - (from > collectedBefore ? from : collectedBefore);
    },
    collected.amount,
    budget,
  );
  // Oldest first, so that a part does not depend on how many newer ones are listed.
  const inOrder = parts.toReversed();
  const amounts = apportion(amount, [earlier.amount, ...inOrder.map((part) => part.amount)]);
  const weighted = inOrder.map((part, place) => ({ row: part.row, amount: amounts[place + 1]! }));
  const labels = await labelsOf([childId]);
  return {
    type: 'royalty',
    childId,
    childName: labels.get(childId)?.name ?? null,
    royaltyBps: edge.royaltyBps,
    parts: await partsOf(weighted.filter((part) => part.amount > 0n).toReversed(), budget),
    earlier: { amount: amounts[0]!, count: earlier.count },
  };
}

async function edgeOf(childId: bigint, parentIndex: number) {
  const found = await db
    .select()
    .from(royaltyEdge)
    .where(and(eq(royaltyEdge.childId, childId), eq(royaltyEdge.parentIndex, parentIndex)));
  return found[0]!;
}
