import type { Address, IndexedDepositMove, IndexerAnswer } from '@kedge/core';
import { and, desc, eq, lt } from 'ponder';
import { db } from 'ponder:api';
import { depositMove } from 'ponder:schema';
import { cursorOf, happenedOf, lower, pageOf } from './rows';

export async function listDeposits(query: {
  deposit?: Address;
  operator?: Address;
  after?: string;
  limit: number;
}): Promise<IndexerAnswer<'deposits'>> {
  const after = cursorOf(query.after);
  const rows = await db
    .select()
    .from(depositMove)
    .where(
      and(
        query.deposit === undefined ? undefined : eq(depositMove.deposit, lower(query.deposit)),
        query.operator === undefined ? undefined : eq(depositMove.operator, lower(query.operator)),
        after === undefined ? undefined : lt(depositMove.position, after),
      ),
    )
    .orderBy(desc(depositMove.position))
    .limit(query.limit + 1);
  return pageOf(rows, query.limit, ({ position }) => String(position), rows.map(moveAnswer));
}

function moveAnswer(row: typeof depositMove.$inferSelect): IndexedDepositMove {
  const { kind, deposit, asset, amount, channelId, operator, units, to } = row;
  const isSweep = kind === 'sweep';
  return {
    kind: isSweep ? 'sweep' : 'refund',
    deposit,
    asset,
    amount,
    channelId,
    operator,
    units,
    to,
    ...happenedOf(row),
  };
}
