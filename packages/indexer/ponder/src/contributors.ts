import type { Address } from '@kedge/core';
import type { Context } from 'ponder:registry';
import { ponder } from 'ponder:registry';
import { commitment, contribution, contributorBook, contributorRoot } from 'ponder:schema';
import { happenedAt, lower, unlessZero } from './event';

ponder.on('Roots:ContributorsCommitted', async ({ event, context: { db } }) => {
  const { tokenId, vault, controller } = event.args;
  // The root of its first epoch follows.
  await db.insert(commitment).values({ tokenId, vault: lower(vault), controller: lower(controller), epoch: 0 });
});

ponder.on('Roots:ContributorRootSet', async ({ event, context: { db } }) => {
  const { tokenId, epoch, root, totalWeight, cid } = event.args;
  const { position: _position, ...happened } = happenedAt(event);
  await db.update(commitment, { tokenId }).set({ epoch });
  await db.insert(contributorRoot).values({ tokenId, epoch, root, totalWeight, cid, ...happened });
});

ponder.on('Roots:ControlTransferStarted', async ({ event, context: { db } }) => {
  const { tokenId, pendingController } = event.args;
  await db.update(commitment, { tokenId }).set({ pendingController: unlessZero(lower(pendingController)) });
});

ponder.on('Roots:ControlTransferred', async ({ event, context: { db } }) => {
  const { tokenId, controller } = event.args;
  await db.update(commitment, { tokenId }).set({ controller: unlessZero(lower(controller)), pendingController: null });
});

ponder.on('Roots:ContributorsSettled', async ({ event, context: { db } }) => {
  const { tokenId, epoch, amount } = event.args;
  await addToBook(db, { tokenId, epoch, asset: lower(event.args.asset) }, { accrued: amount, claimed: 0n });
});

ponder.on('Roots:ContributionClaimed', async ({ event, context: { db } }) => {
  const { tokenId, epoch, index, amount } = event.args;
  const [account, asset, to] = [lower(event.args.account), lower(event.args.asset), lower(event.args.to)];
  await addToBook(db, { tokenId, epoch, asset }, { accrued: 0n, claimed: amount });
  const about = { tokenId, classId: tokenId >> 64n, account, asset, epoch, leaf: BigInt(index), to, amount };
  await db.insert(contribution).values({ ...about, ...happenedAt(event) });
});

async function addToBook(
  db: Context['db'],
  key: { readonly tokenId: bigint; readonly epoch: number; readonly asset: Address },
  more: { readonly accrued: bigint; readonly claimed: bigint },
): Promise<void> {
  await db
    .insert(contributorBook)
    .values({ ...key, ...more })
    .onConflictDoUpdate(({ accrued, claimed }) => ({
      accrued: accrued + more.accrued,
      claimed: claimed + more.claimed,
    }));
}
