import {
  channelModes,
  type Address,
  type ChannelCapture,
  type ChannelDetail,
  type ChannelSummary,
  type Hex,
  type IndexerAnswer,
  type ReceiptRoot,
} from '@kedge/core';
import { and, desc, eq, gt, isNotNull, isNull, lt } from 'ponder';
import { db } from 'ponder:api';
import { capture, channel, receiptRoot } from 'ponder:schema';
import { labelsOf } from './labels';
import { unknown } from './reading';
import { cursorOf, happenedOf, lower, pageOf } from './rows';

type ChannelRow = typeof channel.$inferSelect;

const shown = 100;

export async function listChannels(query: {
  owner?: Address;
  operator?: Address;
  tokenId?: bigint;
  open?: 'true' | 'false';
  after?: string;
  limit: number;
}): Promise<IndexerAnswer<'channels'>> {
  const after = cursorOf(query.after);
  const rows = await db
    .select()
    .from(channel)
    .where(
      and(
        query.owner === undefined ? undefined : eq(channel.holder, lower(query.owner)),
        query.operator === undefined ? undefined : eq(channel.operator, lower(query.operator)),
        query.tokenId === undefined ? undefined : eq(channel.tokenId, query.tokenId),
        query.open === undefined
          ? undefined
          : query.open === 'true'
            ? isNull(channel.closedAt)
            : isNotNull(channel.closedAt),
        after === undefined ? undefined : lt(channel.position, after),
      ),
    )
    .orderBy(desc(channel.position))
    .limit(query.limit + 1);
  return pageOf(rows, query.limit, ({ position }) => String(position), await channelAnswers(rows));
}

export async function channelAnswers(rows: readonly ChannelRow[]): Promise<ChannelSummary[]> {
  const labels = await labelsOf(rows.map(({ classId }) => classId));
  return rows.map((row) => {
    const open = row.closedAt === null;
    return {
      channelId: row.channelId,
      classId: row.classId,
      className: labels.get(row.classId)?.name ?? null,
      unitDecimals: labels.get(row.classId)?.unitDecimals ?? 0,
      tokenId: row.tokenId,
      holder: row.holder,
      operator: row.operator,
      channelKey: row.channelKey,
      mode: channelModes[row.mode] ?? 'strict',
      cap: row.cap,
      rate: row.rate,
      burst: row.burst,
      deadline: row.deadline,
      grace: Number(row.grace),
      salt: row.salt,
      open,
      capturedUnits: row.captured,
      remainingUnits: open ? row.cap - row.captured : 0n,
      returnedUnits: row.returned,
      lastSeq: row.lastSeq,
      lastReceiptHash: row.lastReceiptHash,
      openedAt: row.openedAt,
      closedAt: row.closedAt,
    };
  });
}

async function requireChannel(channelId: Hex): Promise<ChannelRow> {
  const rows = await db.select().from(channel).where(eq(channel.channelId, channelId));
  if (rows[0] === undefined) throw unknown('channel', { channelId });
  return rows[0];
}

export async function channelDetail({ channelId }: { channelId: Hex }): Promise<ChannelDetail> {
  const row = await requireChannel(channelId);
  const ofOperator = and(eq(receiptRoot.operator, row.operator), gt(receiptRoot.position, row.position));
  const [answers, captures, roots] = await Promise.all([
    channelAnswers([row]),
    listCaptures({ channelId, limit: shown }),
    db.select().from(receiptRoot).where(ofOperator).orderBy(desc(receiptRoot.position)).limit(shown),
  ]);
  return {
    ...answers[0]!,
    captures: [...captures.items],
    captureCount: row.captureCount,
    receiptRoots: roots.map(rootAnswer),
  };
}

export async function listCaptures(query: {
  channelId: Hex;
  after?: string;
  limit: number;
}): Promise<IndexerAnswer<'captures'>> {
  await requireChannel(query.channelId);
  const after = cursorOf(query.after);
  const rows = await db
    .select()
    .from(capture)
    .where(and(eq(capture.channelId, query.channelId), after === undefined ? undefined : lt(capture.position, after)))
    .orderBy(desc(capture.position))
    .limit(query.limit + 1);
  return pageOf(rows, query.limit, ({ position }) => String(position), rows.map(captureAnswer));
}

function captureAnswer(row: typeof capture.$inferSelect): ChannelCapture {
  const { units, capturedUnits, seq, receiptHash } = row;
  return { units, capturedUnits, seq, receiptHash, ...happenedOf(row) };
}

export function rootAnswer(row: typeof receiptRoot.$inferSelect): ReceiptRoot {
  const { operator, root, firstBatch, lastBatch, cid } = row;
  return { operator, root, epoch: Number(row.epoch), firstBatch, lastBatch, cid, ...happenedOf(row) };
}
