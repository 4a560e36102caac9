import { classKinds, isDilutable, type ClassDetail, type ClassSummary, type IndexerAnswer } from '@kedge/core';
import { and, asc, desc, eq, inArray, lt, sql } from 'ponder';
import { db } from 'ponder:api';
import {
  announcedPolicy,
  capture,
  classBook,
  ledger,
  lot,
  plan,
  policyVersion,
  receiptRoot,
  royaltyEdge,
} from 'ponder:schema';
import { documentOf } from './documents';
import { holdersOf } from './holders';
import { labelOf } from './labels';
import { lineageOf } from './lineage';
import { lotAnswer } from './lots';
import { indexedAt, unknown } from './reading';
import { cursorOf, groupBy, happenedOf } from './rows';
import { activeShares } from './shares';
import { revenueDays, usageDays, usageOf } from './days';
import { trendsOf } from './trends';

type ClassRow = typeof classBook.$inferSelect;
type LotRow = typeof lot.$inferSelect;

const chunk = 200;
const shownHolders = 100;
const basisPoints = 10_000n;

/** The holders' cumulative part, rounded down, as the contract computes it. */
function holdersPartDown(received: bigint, royaltyBps: number): bigint {
  return (received * (basisPoints - BigInt(royaltyBps))) / basisPoints;
}

export async function requireClass(classId: bigint): Promise<ClassRow> {
  const rows = await db.select().from(classBook).where(eq(classBook.classId, classId));
  if (rows[0] === undefined) throw unknown('class', { classId });
  return rows[0];
}

export async function listClasses(query: {
  kind?: string;
  text?: string;
  after?: string;
  limit: number;
}): Promise<IndexerAnswer<'classes'>> {
  const found: ClassRow[] = [];
  const wanted = query.text?.trim().toLowerCase() ?? '';
  let after = cursorOf(query.after);
  for (;;) {
    const older = after === undefined ? undefined : lt(classBook.classId, after);
    const kind = query.kind === undefined ? undefined : eq(classBook.kind, classKinds.indexOf(query.kind as never));
    const rows = await db
      .select()
      .from(classBook)
      .where(and(older, kind))
      .orderBy(desc(classBook.classId))
      .limit(chunk);
    for (const row of rows) if (await mentions(row, wanted)) found.push(row);
    after = rows.at(-1)?.classId;
    if (found.length > query.limit || rows.length < chunk) break;
  }
  const shown = found.slice(0, query.limit);
  const next = found.length > query.limit ? String(shown.at(-1)!.classId) : null;
  return { items: await summariesOf(shown), next };
}

async function mentions(row: ClassRow, wanted: string): Promise<boolean> {
  if (wanted === '' || wanted === String(row.classId)) return true;
  const { name, description, licence } = await labelOf(row.metadataURI);
  return [name, description, licence, row.issuer].some((text) => text?.toLowerCase().includes(wanted) === true);
}

async function summariesOf(rows: readonly ClassRow[]): Promise<ClassSummary[]> {
  if (rows.length === 0) return [];
  const ids = rows.map(({ classId }) => classId);
  const now = await indexedAt();
  const [edges, ledgers, lots, shares, trends, used, labels] = await Promise.all([
    db.select().from(royaltyEdge).where(inArray(royaltyEdge.childId, ids)).orderBy(asc(royaltyEdge.parentIndex)),
    db.select().from(ledger).where(inArray(ledger.classId, ids)).orderBy(asc(ledger.asset)),
    db.select().from(lot).where(inArray(lot.classId, ids)).orderBy(desc(lot.lot)),
    activeShares(rows, now),
    trendsOf(rows, now),
    usageOf(ids),
    Promise.all(rows.map(({ metadataURI }) => labelOf(metadataURI))),
  ]);
  const edgesOf = groupBy(edges, ({ childId }) => String(childId));
  const ledgersOf = groupBy(ledgers, ({ classId }) => String(classId));
  const lotsOf = groupBy(lots, ({ classId }) => String(classId));
  return rows.map((row, place) => {
    const key = String(row.classId);
    return {
      classId: row.classId,
      kind: classKinds[row.kind] ?? 'unspecified',
      ...labels[place]!,
      issuer: row.issuer,
      metadataURI: row.metadataURI,
      integrityHash: row.integrityHash,
      unitDecimals: row.unitDecimals,
      policyVersion: row.policyVersion,
      royaltyBps: row.royaltyBps,
      parents: (edgesOf.get(key) ?? []).map(({ parentId: classId, royaltyBps, accepted }) => ({
        classId,
        royaltyBps,
        accepted,
      })),
      childCount: row.childCount,
      tokenCount: row.tokenCount,
      totalShare: shares.get(row.classId)!,
      shareCap: row.shareCap ?? 0n,
      dilutable: isDilutable(
        { shareCap: row.shareCap ?? 0n, sharesFrozenFrom: row.sharesFrozenFrom ?? 0n },
        BigInt(now),
      ),
      price: priceOf(row, lotsOf.get(key) ?? [], now),
      usage: used.get(row.classId) ?? { units: 0n, paidUnits: 0n, selfReportedUnits: 0n, records: 0 },
      revenue: (ledgersOf.get(key) ?? []).map(({ asset, received, royaltiesPaid, claimed, orphan, backing }) => ({
        asset,
        received,
        royaltiesReserved: received - holdersPartDown(received, row.royaltyBps),
        royaltiesPaid,
        claimed,
        orphan,
        backing,
      })),
      trend: trends.get(row.classId)!,
      createdAt: row.createdAt,
    };
  });
}

/** The cheapest lot on sale among those in the asset of the newest one: prices in different assets do not compare. */
function priceOf(row: ClassRow, lots: readonly LotRow[], now: number): ClassSummary['price'] {
  const onSale = lots.filter(
    ({ listed, supply, policyVersion: version, listingExpireAt }) =>
      listed === true &&
      supply > 0n &&
      version === row.policyVersion &&
      (listingExpireAt === 0n || listingExpireAt >= BigInt(now)),
  );
  const inAsset = onSale.filter(({ asset }) => asset === onSale[0]?.asset);
  const [cheapest] = inAsset.toSorted((a, b) =>
    Number(a.priceNumerator * b.priceDenominator - b.priceNumerator * a.priceDenominator),
  );
  if (cheapest === undefined) return null;
  const { asset, priceNumerator: numerator, priceDenominator: denominator, supply } = cheapest;
  return { asset, numerator, denominator, supply, lot: Number(cheapest.lot) };
}

export async function classDetail({ classId }: { classId: bigint }): Promise<ClassDetail> {
  const row = await requireClass(classId);
  const [summaries, lots, plans, policies, announced, lineage, holders, usageByDay, revenueByDay, roots, metadata] =
    await Promise.all([
      summariesOf([row]),
      db.select().from(lot).where(eq(lot.classId, classId)).orderBy(asc(lot.lot)),
      db.select().from(plan).where(eq(plan.classId, classId)),
      db.select().from(policyVersion).where(eq(policyVersion.classId, classId)).orderBy(asc(policyVersion.version)),
      db.select().from(announcedPolicy).where(eq(announcedPolicy.classId, classId)),
      lineageOf(classId),
      holdersOf(classId, { offset: 0, limit: shownHolders }),
      usageDays(classId),
      revenueDays(classId),
      countRoots(classId),
      documentOf(row.metadataURI),
    ]);
  return {
    ...summaries[0]!,
    pendingIssuer: row.pendingIssuer,
    beneficiary: row.beneficiary,
    metadata,
    options:
      row.shareCap === null
        ? null
        : {
            shareCap: row.shareCap,
            sharesFrozenFrom: Number(row.sharesFrozenFrom),
            activationDelay: row.activationDelay ?? 0,
            policyNotice: row.policyNotice ?? 0,
            appealWindow: row.appealWindow ?? 0,
            nonTransferable: row.nonTransferable ?? false,
            valueKeepsExpiry: row.valueKeepsExpiry ?? false,
            sharesOutliveExpiry: row.sharesOutliveExpiry ?? false,
          },
    policies: await Promise.all(
      policies.map(async ({ version, uri, hash, ...happened }) => ({
        version,
        uri,
        hash,
        document: await documentOf(uri),
        ...happenedOf(happened),
      })),
    ),
    announcedPolicy: announced[0] === undefined ? null : await announcedAnswer(announced[0]),
    lots: lots.map((each) =>
      lotAnswer(
        each,
        plans.find((planned) => planned.lot === each.lot),
        row.policyVersion,
      ),
    ),
    lineage,
    ...holders,
    usageByDay,
    revenueByDay,
    receiptRootCount: roots,
  };
}

async function announcedAnswer(row: typeof announcedPolicy.$inferSelect) {
  const { version, uri, hash, effectiveAt } = row;
  return { version, uri, hash, effectiveAt, document: await documentOf(uri) };
}

/** Roots that were anchored in the transactions that captured value of the class. */
async function countRoots(classId: bigint): Promise<number> {
  const transactions = db
    .selectDistinct({ hash: capture.transactionHash })
    .from(capture)
    .where(eq(capture.classId, classId));
  const rows = await db
    .select({ count: sql<string>`count(*)` })
    .from(receiptRoot)
    .where(inArray(receiptRoot.transactionHash, transactions));
  return Number(rows[0]?.count ?? 0);
}
