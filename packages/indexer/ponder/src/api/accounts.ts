import {
  trendLength,
  zeroAddress,
  type Address,
  type Earnings,
  type IndexerAnswer,
  type Operator,
  type TokenEarnings,
} from '@kedge/core';
import { and, asc, count, desc, eq, gte, inArray, isNull, lt, sql } from 'ponder';
import { db } from 'ponder:api';
import { approval, capture, channel, claim, due, lot, receiptRoot, release, token } from 'ponder:schema';
import { bondsOf } from './bonds';
import { rootAnswer } from './channels';
import { labelsOf } from './labels';
import { contributedTo } from './contributors';
import { earnedBy } from './earned';
import { indexedAt, indexedBlock } from './reading';
import { cursorOf, happenedOf, lower, pageOf, partOf } from './rows';
import { shareStateOf } from './shares';
import { addTo, amountsIn, stretches, zeros } from './trends';

const minute = 60;

export async function earningsOf(query: {
  address: Address;
  asset?: Address;
  after?: string;
  limit: number;
}): Promise<Earnings> {
  const account = lower(query.address);
  const asked = query.asset === undefined ? undefined : lower(query.asset);
  const [tokens, dues, contributed, paid] = await Promise.all([
    db.select().from(token).where(eq(token.owner, account)).orderBy(desc(token.entry)),
    db.select().from(due).where(eq(due.account, account)),
    contributedTo(account),
    db
      .select({ asset: claim.asset, sum: sql<string>`sum(${claim.amount})` })
      .from(claim)
      .where(eq(claim.to, account))
      .groupBy(claim.asset),
  ]);
  const [labels, earned, now] = await Promise.all([
    labelsOf(tokens.map(({ classId }) => classId)),
    earnedBy(tokens),
    indexedAt(),
  ]);
  const rows: TokenEarnings[] = tokens.flatMap((row) =>
    earned.get(row.tokenId)!.map((each) => ({
      tokenId: row.tokenId,
      classId: row.classId,
      className: labels.get(row.classId)?.name ?? null,
      share: row.share,
      shareState: shareStateOf(row, now),
      ...each,
    })),
  );
  const listed = rows.filter(({ asset }) => asked === undefined || asset === asked).toSorted(byAmount);
  const page = partOf(listed, query);
  const received = [...paid, ...contributed];
  const assets = [...new Set([...rows, ...dues, ...received].map(({ asset }) => asset))].toSorted();
  return {
    account,
    totals: assets.map((asset) => ({
      asset,
      claimable: rows.filter((each) => each.asset === asset).reduce((sum, { claimable }) => sum + claimable, 0n),
      claimableCount: rows.filter((each) => each.asset === asset && each.claimable > 0n).length,
      claimed: received.reduce((sum, each) => sum + (each.asset === asset ? BigInt(each.sum) : 0n), 0n),
      owed: dues.find((each) => each.asset === asset)?.owed ?? 0n,
    })),
    tokens: page.items,
    next: page.next,
  };
}

/** ETH before other assets, and in each what can be claimed most of before what less: amounts of two assets compare to nothing. */
function byAmount(one: TokenEarnings, other: TokenEarnings): number {
  if (one.asset !== other.asset) {
    if (one.asset === zeroAddress || other.asset === zeroAddress) return one.asset === zeroAddress ? -1 : 1;
    return one.asset < other.asset ? -1 : 1;
  }
  return Number(other.claimable > one.claimable) - Number(other.claimable < one.claimable);
}

export async function operatorOf({ address }: { address: Address }): Promise<Operator> {
  const operator = lower(address);
  const now = (await indexedBlock())?.at ?? 0;
  const { start, width } = stretches(now, minute);
  const ofOperator = eq(capture.operator, operator);
  const stretch = sql<number>`(${capture.at} - ${sql.raw(String(start))}) / ${sql.raw(String(width))}`;
  const [channels, open, captures, roots, cuts, bonds, used, earned] = await Promise.all([
    db.select({ count: count() }).from(channel).where(eq(channel.operator, operator)),
    db
      .select({ count: count() })
      .from(channel)
      .where(and(eq(channel.operator, operator), isNull(channel.closedAt))),
    db
      .select({ count: count(), sum: sql<string>`coalesce(sum(${capture.units}), 0)` })
      .from(capture)
      .where(ofOperator),
    db.select({ count: count() }).from(receiptRoot).where(eq(receiptRoot.operator, operator)),
    db.select().from(due).where(eq(due.account, operator)).orderBy(asc(due.asset)),
    bondsOf(operator),
    db
      .select({ stretch, sum: sql<string>`sum(${capture.units})` })
      .from(capture)
      .where(and(ofOperator, gte(capture.at, start)))
      .groupBy(stretch),
    readCuts(operator, start),
  ]);
  const trend = { start, width, units: zeros(), revenue: [] };
  for (const each of used) addTo(trend.units, each.stretch, each.sum);
  for (const { at, asset, amount } of earned) addTo(amountsIn(trend, asset), (at - start) / width, amount);
  return {
    operator,
    openChannels: open[0]!.count,
    channelCount: channels[0]!.count,
    capturedUnits: BigInt(captures[0]!.sum),
    captureCount: captures[0]!.count,
    receiptRootCount: roots[0]!.count,
    cuts: cuts.map(({ asset, earned: sum, owed }) => ({ asset, earned: sum, owed })),
    bonds,
    trend,
  };
}

/** The operator's cuts since a moment, most recent first; as many as a busy minute may hold, thirty times. */
async function readCuts(operator: Address, start: number) {
  const rows = await db
    .select({ at: release.at, asset: lot.asset, amount: release.operatorAmount })
    .from(release)
    .innerJoin(lot, and(eq(lot.classId, release.classId), eq(lot.lot, release.lot)))
    .where(and(eq(release.operator, operator), gte(release.at, start)))
    .orderBy(desc(release.position))
    .limit(trendLength * 1_000);
  return rows;
}

export async function listBatches(query: {
  address: Address;
  after?: string;
  limit: number;
}): Promise<IndexerAnswer<'batches'>> {
  const operator = lower(query.address);
  const after = cursorOf(query.after);
  const rows = await db
    .select()
    .from(receiptRoot)
    .where(and(eq(receiptRoot.operator, operator), after === undefined ? undefined : lt(receiptRoot.position, after)))
    .orderBy(desc(receiptRoot.position))
    .limit(query.limit + 1);
  const transactions = [...new Set(rows.map(({ transactionHash }) => transactionHash))];
  const captured =
    transactions.length === 0
      ? []
      : await db
          .select({ hash: capture.transactionHash, count: count(), sum: sql<string>`sum(${capture.units})` })
          .from(capture)
          // Anyone may capture under another's voucher: that is not this operator's.
          .where(and(eq(capture.operator, operator), inArray(capture.transactionHash, transactions)))
          .groupBy(capture.transactionHash);
  const items = rows.map((row) => {
    const inIt = captured.find(({ hash }) => hash === row.transactionHash);
    return { ...rootAnswer(row), captures: inIt?.count ?? 0, units: BigInt(inIt?.sum ?? 0) };
  });
  return pageOf(rows, query.limit, ({ position }) => String(position), items);
}

export async function listApprovals(query: {
  owner?: Address;
  operator?: Address;
  after?: string;
  limit: number;
}): Promise<IndexerAnswer<'approvals'>> {
  const after = cursorOf(query.after);
  const rows = await db
    .select()
    .from(approval)
    .where(
      and(
        eq(approval.approved, true),
        query.owner === undefined ? undefined : eq(approval.owner, lower(query.owner)),
        query.operator === undefined ? undefined : eq(approval.operator, lower(query.operator)),
        after === undefined ? undefined : lt(approval.position, after),
      ),
    )
    .orderBy(desc(approval.position))
    .limit(query.limit + 1);
  const items = rows.map((row) => {
    const { owner, operator, scope, approved, units, expireAt } = row;
    const kind = row.kind === 'class' ? ('class' as const) : ('usage' as const);
    return { owner, operator, kind, scope, approved, units, expireAt, ...happenedOf(row) };
  });
  return pageOf(rows, query.limit, ({ position }) => String(position), items);
}
