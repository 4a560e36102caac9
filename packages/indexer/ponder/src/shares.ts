import type { Context } from 'ponder:registry';
import { ponder } from 'ponder:registry';
import { classBook, happening, shareMoment, token } from 'ponder:schema';
import { happenedAt, isBacked, lotOfToken, lower, noAccount, positionOf } from './event';

type Db = Context['db'];
type MomentRow = typeof shareMoment.$inferSelect;

/** Changes what leaves and enters a class at a moment. */
async function changeMoment(
  db: Db,
  key: { readonly classId: bigint; readonly moment: bigint },
  change: (row: MomentRow) => Partial<MomentRow>,
): Promise<void> {
  const empty = { ...key, leaving: 0n, entering: 0n, done: null };
  await db
    .insert(shareMoment)
    .values({ ...empty, ...change(empty) })
    .onConflictDoUpdate((row) => change(row));
}

ponder.on('Token:Minted', async ({ event, context: { db } }) => {
  const { tokenId, classId, value, shareRatio: share, expireAt } = event.args;
  const owner = lower(event.args.to);
  const { position, ...happened } = happenedAt(event);
  const options = await db.find(classBook, { classId });
  // A share that outlives its token's expiry has none (P21).
  const shareExpireAt = options?.sharesOutliveExpiry === true ? 0n : expireAt;
  await db.insert(token).values({
    tokenId,
    classId,
    lot: lotOfToken(tokenId),
    owner,
    value,
    locked: 0n,
    spent: 0n,
    share,
    expireAt,
    shareExpireAt,
    entry: position,
    activateAt: 0n,
    foreignLocks: 0,
    mintedAt: happened.at,
  });
  await db.update(classBook, { classId }).set((row) => ({
    tokenCount: row.tokenCount + 1,
    totalShare: row.totalShare + share,
  }));
  if (share !== 0n && shareExpireAt !== 0n) {
    await changeMoment(db, { classId, moment: shareExpireAt }, (row) => ({ leaving: row.leaving + share }));
  }
  // A sale of a lot is told by the market.
  if (isBacked(tokenId)) return;
  await db
    .insert(happening)
    .values({ type: 'mint', position, classId, tokenId, account: owner, units: value, ...happened });
});

ponder.on('Token:SharePending', async ({ event, context: { db } }) => {
  const { tokenId, activateAt } = event.args;
  const row = await db.find(token, { tokenId });
  if (row === null) throw new Error(`there is no token ${tokenId}`);
  const { classId, share } = row;
  await db.update(token, { tokenId }).set({ activateAt });
  // `Minted` came before, as if the share were active.
  await db.update(classBook, { classId }).set(({ totalShare }) => ({ totalShare: totalShare - share }));
  await changeMoment(db, { classId, moment: activateAt }, ({ entering }) => ({ entering: entering + share }));
});

ponder.on('Token:SharesActivated', async ({ event, context: { db } }) => {
  const { classId, activateAt: moment, shareAdded } = event.args;
  await db.update(classBook, { classId }).set((row) => ({ totalShare: row.totalShare + shareAdded }));
  await changeMoment(db, { classId, moment }, () => ({ done: positionOf(event) }));
});

ponder.on('Token:SharesExpired', async ({ event, context: { db } }) => {
  const { classId, expireAt: moment, shareRemoved } = event.args;
  await db.update(classBook, { classId }).set((row) => ({ totalShare: row.totalShare - shareRemoved }));
  await changeMoment(db, { classId, moment }, () => ({ done: positionOf(event) }));
});

ponder.on('Token:ShareRetired', async ({ event, context: { db } }) => {
  const { tokenId, share } = event.args;
  const row = await db.find(token, { tokenId });
  if (row === null) throw new Error(`there is no token ${tokenId}`);
  const { classId, shareExpireAt } = row;
  await db.update(token, { tokenId }).set({ retired: positionOf(event) });
  await db.update(classBook, { classId }).set(({ totalShare }) => ({ totalShare: totalShare - share }));
  if (shareExpireAt !== 0n) {
    await changeMoment(db, { classId, moment: shareExpireAt }, ({ leaving }) => ({ leaving: leaving - share }));
  }
});

ponder.on('Token:TransferToken', async ({ event, context: { db } }) => {
  const { tokenId } = event.args;
  const to = lower(event.args.to);
  // A mint is told by `Minted`.
  if (lower(event.args.from) === noAccount) return;
  await db.update(token, { tokenId }).set({ owner: to });
  await db
    .insert(happening)
    .values({ type: 'transfer', classId: tokenId >> 64n, tokenId, account: to, ...happenedAt(event) });
});

ponder.on('Token:TokenRenewed', async ({ event, context: { db } }) => {
  // No share that is active ends with a token that is renewed in place, so no moment moves.
  await db.update(token, { tokenId: event.args.tokenId }).set({ expireAt: event.args.expireAt });
});
