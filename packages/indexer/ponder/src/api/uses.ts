import type { Cause, Hex, UsePart } from '@kedge/core';
import { and, asc, desc, eq, gt, gte, inArray, lt, or, sql } from 'ponder';
import { db } from 'ponder:api';
import { capture, channel, receiptRoot, release, usage, type accrual } from 'ponder:schema';
import { apportion } from '../../../src/apportion.js';
import { rootAnswer } from './channels';
import { metricOf } from './days';

type UsageRow = typeof usage.$inferSelect;
type CaptureRow = typeof capture.$inferSelect;

const shownUses = 50;
const shownRoots = 20;

/** The uses whose backing was released, each with its part by units, and the roots over their receipts. */
export async function useCause(row: typeof accrual.$inferSelect, amount: bigint): Promise<Cause> {
  const found = await db
    .select()
    .from(release)
    .where(eq(release.position, row.causePosition ?? -1n));
  const { classId, lot, operator, operatorAmount, since, position } = found[0]!;
  const between = and(
    eq(usage.classId, classId),
    eq(usage.lot, lot),
    gt(usage.position, since),
    lt(usage.position, position),
    eq(usage.transactionHash, row.transactionHash),
    gt(usage.units, 0n),
  );
  const uses = await db.select().from(usage).where(between).orderBy(asc(usage.position));
  // Nothing was spent: a refund or a sweep left the rest of a lot.
  if (uses.length === 0) return { type: 'backing', lot: Number(lot) };
  const amounts = apportion(
    amount,
    uses.map(({ units }) => units),
  );
  const channels = await captureOfUses(row.transactionHash, uses);
  const shown = uses.slice(0, shownUses);
  return {
    type: 'use',
    lot: Number(lot),
    operator,
    operatorAmount,
    units: uses.reduce((sum, { units }) => sum + units, 0n),
    useCount: uses.length,
    uses: shown.map((use, place) => usePart(use, amounts[place]!, channels.get(use.position))),
    otherUses: amounts.slice(shownUses).reduce((sum, each) => sum + each, 0n),
    receiptRoots:
      operator === null ? [] : await rootsOver([...channels.values()].slice(0, shownUses), row.transactionHash),
  };
}

function usePart(use: UsageRow, amount: bigint, taken: CaptureRow | undefined): UsePart {
  const { units, tokenId, metricType, actor } = use;
  const captured =
    taken === undefined
      ? null
      : {
          channelId: taken.channelId,
          seq: taken.seq,
          receiptHash: taken.receiptHash,
          capturedUnits: taken.capturedUnits,
        };
  return { amount, units, tokenId, metric: metricOf(metricType), actor, channel: captured };
}

/** Which capture a use belongs to: in a transaction, captures of a token come in the order of its uses. */
async function captureOfUses(transactionHash: Hex, uses: readonly UsageRow[]): Promise<Map<bigint, CaptureRow>> {
  const inTransaction = eq(capture.transactionHash, transactionHash);
  const left = await db.select().from(capture).where(inTransaction).orderBy(asc(capture.position));
  const matched = new Map<bigint, CaptureRow>();
  for (const { position, tokenId, units } of uses) {
    const place = left.findIndex(
      (each) => each.tokenId === tokenId && each.units === units && each.position > position,
    );
    const [taken] = place < 0 ? [] : left.splice(place, 1);
    if (taken !== undefined) matched.set(position, taken);
  }
  return matched;
}

/** Roots that the operator anchored since these channels were last captured, up to and with this transaction. */
async function rootsOver(captures: readonly CaptureRow[], transactionHash: Hex) {
  const [first] = captures;
  if (first === undefined) return [];
  const newest = captures.reduce((latest, { position }) => (position > latest ? position : latest), 0n);
  const ids = captures.map(({ channelId }) => channelId);
  const [before, opened] = await Promise.all([
    db
      .select({ channelId: capture.channelId, position: sql<string>`max(${capture.position})` })
      .from(capture)
      .where(and(inArray(capture.channelId, ids), lt(capture.position, first.position)))
      .groupBy(capture.channelId),
    db
      .select({ channelId: channel.channelId, position: channel.position })
      .from(channel)
      .where(inArray(channel.channelId, ids)),
  ]);
  const starts = opened.map(({ channelId, position }) => {
    const last = before.find((each) => each.channelId === channelId);
    return last === undefined ? position : BigInt(last.position);
  });
  const earliest = starts.reduce((least, position) => (position < least ? position : least), newest);
  const rows = await db
    .select()
    .from(receiptRoot)
    .where(
      and(
        eq(receiptRoot.operator, first.operator),
        gte(receiptRoot.position, earliest),
        or(lt(receiptRoot.position, newest), eq(receiptRoot.transactionHash, transactionHash)),
      ),
    )
    .orderBy(desc(receiptRoot.position))
    .limit(shownRoots);
  return rows.map(rootAnswer);
}
