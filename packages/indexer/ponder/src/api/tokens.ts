import {
  classKinds,
  type Address,
  type IndexerAnswer,
  type IndexedClaim,
  type TokenDetail,
  type TokenSummary,
} from '@kedge/core';
import { and, desc, eq, inArray, lt } from 'ponder';
import { db } from 'ponder:api';
import { channel, claim, lot, plan, token, tokenNotice } from 'ponder:schema';
import { channelAnswers } from './channels';
import { requireClass } from './classes';
import { labelsOf } from './labels';
import { lotAnswer } from './lots';
import { contributorsOf } from './contributors';
import { earnedBy } from './earned';
import { indexedAt, unknown } from './reading';
import { cursorOf, happenedOf, lower, pageOf } from './rows';
import { shareStateOf } from './shares';
import { sureValues } from './sureValues';

type TokenRow = typeof token.$inferSelect;

const backedBit = 1n << 31n;
const shownClaims = 100;

export async function requireToken(tokenId: bigint): Promise<TokenRow> {
  const rows = await db.select().from(token).where(eq(token.tokenId, tokenId));
  if (rows[0] === undefined) throw unknown('token', { tokenId });
  return rows[0];
}

export async function listTokens(query: {
  owner?: Address;
  classId?: bigint;
  after?: string;
  limit: number;
}): Promise<IndexerAnswer<'tokens'>> {
  const after = cursorOf(query.after);
  const rows = await db
    .select()
    .from(token)
    .where(
      and(
        query.owner === undefined ? undefined : eq(token.owner, lower(query.owner)),
        query.classId === undefined ? undefined : eq(token.classId, query.classId),
        after === undefined ? undefined : lt(token.entry, after),
      ),
    )
    .orderBy(desc(token.entry))
    .limit(query.limit + 1);
  return pageOf(
    rows,
    query.limit,
    ({ entry }) => String(entry),
    await summariesOf(await sureValues(rows.slice(0, query.limit))),
  );
}

async function summariesOf(rows: readonly TokenRow[]): Promise<TokenSummary[]> {
  if (rows.length === 0) return [];
  const [labels, earned, now, lots] = await Promise.all([
    labelsOf(rows.map(({ classId }) => classId)),
    earnedBy(rows),
    indexedAt(),
    db
      .select()
      .from(lot)
      .where(inArray(lot.classId, [...new Set(rows.map(({ classId }) => classId))])),
  ]);
  return rows.map((row) => {
    const label = labels.get(row.classId);
    const backed = row.lot >= backedBit;
    const terms = lots.find((each) => each.classId === row.classId && each.lot === row.lot);
    return {
      tokenId: row.tokenId,
      classId: row.classId,
      className: label?.name ?? null,
      kind: classKinds[label?.kind ?? 0] ?? 'unspecified',
      owner: row.owner,
      unitDecimals: label?.unitDecimals ?? 0,
      value: row.value,
      lockedUnits: row.locked,
      spentUnits: row.spent,
      share: row.share,
      shareState: shareStateOf(row, now),
      activateAt: Number(row.activateAt),
      expireAt: Number(row.expireAt),
      shareExpireAt: Number(row.shareExpireAt),
      lot: Number(row.lot),
      backed,
      policyVersion: terms?.policyVersion ?? Number(row.lot),
      claimable: earned
        .get(row.tokenId)!
        .filter(({ claimable }) => claimable > 0n)
        .map(({ asset, claimable: amount }) => ({ asset, amount })),
      mintedAt: row.mintedAt,
    };
  });
}

export async function tokenDetail({ tokenId }: { tokenId: bigint }): Promise<TokenDetail> {
  const [row] = (await sureValues([await requireToken(tokenId)])) as [TokenRow];
  const [summaries, book, lots, plans, channels, claims, contributors, notices] = await Promise.all([
    summariesOf([row]),
    requireClass(row.classId),
    db
      .select()
      .from(lot)
      .where(and(eq(lot.classId, row.classId), eq(lot.lot, row.lot))),
    db
      .select()
      .from(plan)
      .where(and(eq(plan.classId, row.classId), eq(plan.lot, row.lot))),
    db.select().from(channel).where(eq(channel.tokenId, tokenId)).orderBy(desc(channel.position)),
    listClaims({ tokenId, limit: shownClaims }),
    contributorsOf(tokenId),
    db.select().from(tokenNotice).where(eq(tokenNotice.tokenId, tokenId)),
  ]);
  const terms = lots[0];
  return {
    ...summaries[0]!,
    lotTerms: terms === undefined ? null : lotAnswer(terms, plans[0], book.policyVersion),
    backing:
      terms === undefined
        ? null
        : { asset: terms.asset, amount: (terms.priceNumerator * row.value) / terms.priceDenominator },
    channels: await channelAnswers(channels),
    claims: [...claims.items],
    contributors,
    renewalOffer: Number(notices[0]?.renewalOffer ?? 0n),
    revocation: revocationAnswer(notices[0]),
  };
}

function revocationAnswer(row: typeof tokenNotice.$inferSelect | undefined): TokenDetail['revocation'] {
  if (row === undefined || row.revocationAt === null) return null;
  const { revocationAt, reason, statement, revokedAt } = row;
  return { effectiveAt: Number(revocationAt), reason: reason ?? '', statement, revokedAt };
}

export async function listClaims(query: {
  tokenId: bigint;
  after?: string;
  limit: number;
}): Promise<IndexerAnswer<'claims'>> {
  const after = cursorOf(query.after);
  const rows = await db
    .select()
    .from(claim)
    .where(and(eq(claim.tokenId, query.tokenId), after === undefined ? undefined : lt(claim.position, after)))
    .orderBy(desc(claim.position))
    .limit(query.limit + 1);
  return pageOf(rows, query.limit, ({ position }) => String(position), rows.map(claimAnswer));
}

function claimAnswer(row: typeof claim.$inferSelect): IndexedClaim {
  const { tokenId, to, asset, amount } = row;
  return { tokenId, to, asset, amount, ...happenedOf(row) };
}
