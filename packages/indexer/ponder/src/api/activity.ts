import type { Activity, ActivityType, Address, IndexerAnswer } from '@kedge/core';
import { and, desc, eq, gt, lt, ne, notExists, type PgColumn } from 'ponder';
import { db } from 'ponder:api';
import { accrual, capture, claim, contribution, happening, receiptRoot, usage } from 'ponder:schema';
import { labelsOf } from './labels';
import { cursorOf, happenedOf, lower, pageOf } from './rows';

type Query = {
  since?: string;
  type?: ActivityType;
  classId?: bigint;
  account?: Address;
  after?: string;
  limit: number;
};
type Entry = Omit<Activity, 'className'> & { readonly position: bigint };

const empty = { classId: null, tokenId: null, channelId: null, account: null, units: null, asset: null, amount: null };

/** What happened, from all tables that tell it, merged by position. */
export async function listActivity(query: Query): Promise<IndexerAnswer<'activity'>> {
  const asked = sources.filter(({ types }) => query.type === undefined || types.includes(query.type));
  const found = await Promise.all(asked.map(({ read }) => read(query)));
  const rows = found
    .flat()
    .toSorted((a, b) => (a.position > b.position ? -1 : 1))
    .slice(0, query.limit + 1);
  const labels = await labelsOf(rows.flatMap(({ classId }) => classId ?? []));
  const items = rows.map(({ position: _position, ...entry }) => ({
    ...entry,
    className: entry.classId === null ? null : (labels.get(entry.classId)?.name ?? null),
  }));
  return pageOf(rows, query.limit, ({ position }) => String(position), items);
}

/** What of a table is asked for, given which of its columns say what. */
function wanted(query: Query, columns: { position: PgColumn; classId?: PgColumn; account: PgColumn }) {
  const after = cursorOf(query.after);
  const since = cursorOf(query.since);
  return and(
    after === undefined ? undefined : lt(columns.position, after),
    since === undefined ? undefined : gt(columns.position, since),
    query.account === undefined ? undefined : eq(columns.account, lower(query.account)),
    query.classId === undefined || columns.classId === undefined ? undefined : eq(columns.classId, query.classId),
  );
}

const told = (row: { position: bigint; at: number; blockNumber: number; transactionHash: `0x${string}` }) => ({
  ...empty,
  id: String(row.position),
  position: row.position,
  ...happenedOf(row),
});

const rare: ActivityType[] = [
  'class',
  'policy',
  'mint',
  'purchase',
  'transfer',
  'channel-open',
  'channel-close',
  'refund',
  'withdrawal',
];

const sources: readonly { types: readonly ActivityType[]; read: (query: Query) => Promise<Entry[]> }[] = [
  {
    types: rare,
    read: async (query) => {
      const ofType = query.type === undefined ? undefined : eq(happening.type, query.type);
      const rows = await db
        .select()
        .from(happening)
        .where(and(ofType, wanted(query, happening)))
        .orderBy(desc(happening.position))
        .limit(query.limit + 1);
      return rows.map((row) => {
        const { classId, tokenId, channelId, account, units, asset, amount } = row;
        const about = { classId, tokenId, channelId, account, units, asset, amount };
        return { ...told(row), ...about, type: row.type as ActivityType };
      });
    },
  },
  {
    types: ['capture'],
    read: async (query) => {
      const rows = await db
        .select()
        .from(capture)
        .where(wanted(query, { ...columnsOf(capture), account: capture.operator }))
        .orderBy(desc(capture.position))
        .limit(query.limit + 1);
      return rows.map((row) => {
        const { classId, tokenId, channelId, operator: account, units } = row;
        return { ...told(row), type: 'capture', classId, tokenId, channelId, account, units };
      });
    },
  },
  {
    // Use without a channel: what is captured is told as such.
    types: ['usage'],
    read: async (query) => {
      const captured = db.select().from(capture).where(eq(capture.transactionHash, usage.transactionHash));
      const rows = await db
        .select()
        .from(usage)
        .where(and(wanted(query, { ...columnsOf(usage), account: usage.actor }), notExists(captured)))
        .orderBy(desc(usage.position))
        .limit(query.limit + 1);
      return rows.map((row) => {
        const { classId, tokenId, actor: account, units } = row;
        return { ...told(row), type: 'usage', classId, tokenId, account, units };
      });
    },
  },
  {
    types: ['settlement', 'royalty'],
    read: async (query) => {
      const ofType =
        query.type === undefined
          ? undefined
          : query.type === 'royalty'
            ? eq(accrual.cause, 'royalty')
            : ne(accrual.cause, 'royalty');
      const rows = await db
        .select()
        .from(accrual)
        .where(and(ofType, wanted(query, { ...columnsOf(accrual), account: accrual.payer })))
        .orderBy(desc(accrual.position))
        .limit(query.limit + 1);
      return rows.map((row) => {
        const { classId, payer: account, asset, amount } = row;
        const type = row.cause === 'royalty' ? ('royalty' as const) : ('settlement' as const);
        return { ...told(row), type, classId, account, asset, amount };
      });
    },
  },
  {
    types: ['claim'],
    read: async (query) => {
      const rows = await db
        .select()
        .from(claim)
        .where(wanted(query, { ...columnsOf(claim), account: claim.to }))
        .orderBy(desc(claim.position))
        .limit(query.limit + 1);
      return rows.map((row) => {
        const { classId, tokenId, to: account, asset, amount } = row;
        return { ...told(row), type: 'claim', classId, tokenId, account, asset, amount };
      });
    },
  },
  {
    // What a contributor is paid is a claim too (R24).
    types: ['claim'],
    read: async (query) => {
      const rows = await db
        .select()
        .from(contribution)
        .where(wanted(query, { ...columnsOf(contribution), account: contribution.to }))
        .orderBy(desc(contribution.position))
        .limit(query.limit + 1);
      return rows.map((row) => {
        const { classId, tokenId, to: account, asset, amount } = row;
        return { ...told(row), type: 'claim', classId, tokenId, account, asset, amount };
      });
    },
  },
  {
    types: ['receipts'],
    read: async (query) => {
      // A root is of an operator, not of a class.
      if (query.classId !== undefined) return [];
      const rows = await db
        .select()
        .from(receiptRoot)
        .where(wanted(query, { position: receiptRoot.position, account: receiptRoot.operator }))
        .orderBy(desc(receiptRoot.position))
        .limit(query.limit + 1);
      return rows.map((row) => ({ ...told(row), type: 'receipts', account: row.operator }));
    },
  },
];

function columnsOf(table: { position: PgColumn; classId: PgColumn }) {
  return { position: table.position, classId: table.classId };
}
