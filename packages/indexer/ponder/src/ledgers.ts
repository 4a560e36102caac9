import type { Address } from '@kedge/core';
import type { Context } from 'ponder:registry';
import { edgeFlow, ledger, lot } from 'ponder:schema';
import { lotOfToken } from './event';

type Db = Context['db'];
type LedgerRow = typeof ledger.$inferSelect;
type LotRow = typeof lot.$inferSelect;

const emptyLedger = {
  received: 0n,
  royaltiesPaid: 0n,
  claimed: 0n,
  orphan: 0n,
  backing: 0n,
  index: 0n,
  causePosition: null,
  cause: null,
  lastAccrual: 0n,
};

/** Changes the ledger of a class in an asset (lower case), which is made where there is none. */
export async function changeLedger(
  db: Db,
  classId: bigint,
  asset: Address,
  change: (row: LedgerRow) => Partial<LedgerRow>,
): Promise<void> {
  const empty = { classId, asset, ...emptyLedger };
  await db
    .insert(ledger)
    .values({ ...empty, ...change(empty) })
    .onConflictDoUpdate((row) => change(row));
}

/** Changes a backed lot, and moves as much backing in the ledger of its class as its escrow moves. */
export async function changeLot(
  db: Db,
  key: { readonly classId: bigint; readonly lot: bigint },
  change: (row: LotRow) => Partial<LotRow>,
  /** What else changes in the ledger. */
  also: Partial<LedgerRow> = {},
): Promise<void> {
  const row = await db.find(lot, key);
  if (row === null) throw new Error(`class ${key.classId} has no lot ${key.lot}`);
  const changed = change(row);
  // Worked out before the update, with which the row that was found changes.
  const moved = (changed.escrow ?? row.escrow) - row.escrow;
  await db.update(lot, key).set(changed);
  if (moved === 0n && Object.keys(also).length === 0) return;
  await changeLedger(db, key.classId, row.asset, ({ backing }) => ({ backing: backing + moved, ...also }));
}

export function lotKeyOf(tokenId: bigint) {
  return { classId: tokenId >> 64n, lot: lotOfToken(tokenId) };
}

/** Adds to what an edge has carried. Returns what it had carried before. */
export async function addFlow(
  db: Db,
  edge: { readonly childId: bigint; readonly parentIndex: number; readonly asset: Address },
  amount: bigint,
): Promise<bigint> {
  // Read at once: a row that was found changes with later updates.
  const before = (await db.find(edgeFlow, edge))?.collected ?? 0n;
  const collected = before + amount;
  await db
    .insert(edgeFlow)
    .values({ ...edge, collected })
    .onConflictDoUpdate({ collected });
  return before;
}
