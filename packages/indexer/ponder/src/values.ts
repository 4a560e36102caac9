import type { Context } from 'ponder:registry';
import { ponder } from 'ponder:registry';
import { foreignLock, happening, lot, token } from 'ponder:schema';
import { happenedAt, isBacked, lower } from './event';
import { changeLot, lotKeyOf } from './ledgers';
import { changeNotice } from './notices';

type Db = Context['db'];

/** Adds to the spendable units of a token; below zero, takes. */
export async function addValue(db: Db, tokenId: bigint, units: bigint): Promise<void> {
  await db.update(token, { tokenId }).set(({ value }) => ({ value: value + units }));
}

ponder.on('Token:ValueTransferred', async ({ event, context: { db } }) => {
  const { fromTokenId, toTokenId, value } = event.args;
  await addValue(db, fromTokenId, -value);
  await addValue(db, toTokenId, value);
});

ponder.on('Token:TokenSplit', async ({ event, context: { db } }) => {
  await addValue(db, event.args.tokenId, -event.args.units);
});

ponder.on('Token:ValueToppedUp', async ({ event, context: { db } }) => {
  const { tokenId, units, deposit } = event.args;
  await addValue(db, tokenId, units);
  if (!isBacked(tokenId)) return;
  await changeLot(db, lotKeyOf(tokenId), ({ outstanding, escrow }) => ({
    outstanding: outstanding + units,
    escrow: escrow + deposit,
  }));
});

ponder.on('Token:ValueBacked', async ({ event, context: { db } }) => {
  const { tokenId, units, deposit } = event.args;
  await changeLot(db, lotKeyOf(tokenId), ({ outstanding, escrow }) => ({
    outstanding: outstanding + units,
    escrow: escrow + deposit,
  }));
});

ponder.on('Token:ValueRefunded', async ({ event, context: { db } }) => {
  const { tokenId, to, units, amount } = event.args;
  const key = lotKeyOf(tokenId);
  await addValue(db, tokenId, -units);
  await changeLot(db, key, ({ outstanding, escrow }) => ({
    outstanding: outstanding - units,
    escrow: escrow - amount,
  }));
  const asset = (await db.find(lot, key))?.asset ?? null;
  const about = { classId: key.classId, tokenId, account: lower(to), units, asset, amount };
  await db.insert(happening).values({ type: 'refund', ...about, ...happenedAt(event) });
});

ponder.on('Token:TokenRevoked', async ({ event, context: { db } }) => {
  const { tokenId, units, amount } = event.args;
  await changeNotice(db, tokenId, { revokedAt: Number(event.block.timestamp) });
  await addValue(db, tokenId, -units);
  // Its share is told by `ShareRetired`, and what its holder is owed by `OwedIncreased`.
  if (units === 0n || !isBacked(tokenId)) return;
  await changeLot(db, lotKeyOf(tokenId), ({ outstanding, escrow }) => ({
    outstanding: outstanding - units,
    escrow: escrow - amount,
  }));
});

ponder.on('Token:ExpiredValueSwept', async ({ event, context: { db } }) => {
  const { tokenId, units, amount } = event.args;
  const change = { causePosition: happenedAt(event).position, cause: 'backing' };
  await addValue(db, tokenId, -units);
  await changeLot(
    db,
    lotKeyOf(tokenId),
    ({ outstanding, escrow }) => ({ outstanding: outstanding - units, escrow: escrow - amount }),
    // Its settlement follows.
    amount === 0n ? {} : change,
  );
});

ponder.on('Token:ValueLocked', async ({ event, context }) => {
  const { tokenId, lockId, units } = event.args;
  const module = lower(event.args.module);
  const isForeign = module !== lower(context.contracts.Channels.address);
  await context.db.update(token, { tokenId }).set(({ value, locked, foreignLocks }) => ({
    value: value - units,
    locked: locked + units,
    foreignLocks: foreignLocks + (isForeign ? 1 : 0),
  }));
  if (isForeign) await context.db.insert(foreignLock).values({ module, lockId, units });
});

ponder.on('Token:ValueUnlocked', async ({ event, context }) => {
  const { tokenId, lockId, units } = event.args;
  const { db } = context;
  const key = { module: lower(event.args.module), lockId };
  const isForeign = key.module !== lower(context.contracts.Channels.address);
  // No event says what a foreign module consumed of it: those uses were taken from the value, so all of the lock comes back.
  const back = isForeign ? ((await db.find(foreignLock, key))?.units ?? 0n) : units;
  if (isForeign) await db.delete(foreignLock, key);
  await db.update(token, { tokenId }).set(({ value, locked, foreignLocks }) => ({
    value: value + back,
    locked: locked - back,
    foreignLocks: foreignLocks - (isForeign ? 1 : 0),
  }));
});
