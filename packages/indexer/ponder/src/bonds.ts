import type { Address } from '@kedge/core';
import type { Context } from 'ponder:registry';
import { ponder } from 'ponder:registry';
import { bond, fraud, slash } from 'ponder:schema';
import { lower, positionOf } from './event';

type BondRow = typeof bond.$inferSelect;

const nothing = { amount: 0n, coveredUntil: 0n, releaseAt: 0n };

async function changeBond(
  db: Context['db'],
  { operator, asset }: { readonly operator: Address; readonly asset: Address },
  change: Partial<BondRow>,
): Promise<void> {
  const key = { operator: lower(operator), asset: lower(asset) };
  await db
    .insert(bond)
    .values({ ...key, ...nothing, ...change })
    .onConflictDoUpdate(change);
}

ponder.on('Bond:BondPosted', async ({ event, context: { db } }) => {
  await changeBond(db, event.args, { amount: event.args.bonded });
});

ponder.on('Bond:BondCovers', async ({ event, context: { db } }) => {
  await changeBond(db, event.args, { coveredUntil: event.args.coveredUntil });
});

ponder.on('Bond:UnbondingStarted', async ({ event, context: { db } }) => {
  await changeBond(db, event.args, { releaseAt: event.args.releaseAt });
});

ponder.on('Bond:UnbondingCancelled', async ({ event, context: { db } }) => {
  await changeBond(db, event.args, { releaseAt: 0n });
});

ponder.on('Bond:BondReleased', async ({ event, context: { db } }) => {
  await changeBond(db, event.args, nothing);
});

ponder.on('Bond:SlashWindowOpened', async ({ event, context: { db } }) => {
  const { window, pot, bonded, endsAt } = event.args;
  await changeBond(db, event.args, { amount: bonded });
  const key = { operator: lower(event.args.operator), asset: lower(event.args.asset), window };
  // Told again when a later proof takes half of what was posted since.
  await db
    .insert(slash)
    .values({ ...key, pot, claims: 0n, endsAt, proofs: 0 })
    .onConflictDoUpdate({ pot });
});

ponder.on('Bond:FraudProven', async ({ event, context: { db } }) => {
  const { channelId, window, backing } = event.args;
  const key = { operator: lower(event.args.operator), asset: lower(event.args.asset), window };
  await db.update(slash, key).set(({ claims, proofs }) => ({ claims: claims + backing, proofs: proofs + 1 }));
  const [holder, reporter] = [lower(event.args.holder), lower(event.args.reporter)];
  const proof = { ...key, holder, reporter, backing, position: positionOf(event) };
  // Told again when more was captured after the proof's window: the row is the channel's last claim, as on the chain.
  await db
    .insert(fraud)
    .values({ channelId, ...proof })
    .onConflictDoUpdate({ ...proof, holderAmount: null, reporterAmount: null });
});

ponder.on('Bond:ClaimRaised', async ({ event, context: { db } }) => {
  const { channelId, window, backing } = event.args;
  const [operator, asset] = [lower(event.args.operator), lower(event.args.asset)];
  const { backing: before } = (await db.find(fraud, { channelId, asset }))!;
  await db.update(slash, { operator, asset, window }).set(({ claims }) => ({ claims: claims + backing - before }));
  await db.update(fraud, { channelId, asset }).set({ backing });
});

ponder.on('Bond:FraudPaid', async ({ event, context: { db } }) => {
  const { channelId, holderAmount, reporterAmount } = event.args;
  await db.update(fraud, { channelId, asset: lower(event.args.asset) }).set({ holderAmount, reporterAmount });
});

ponder.on('Bond:BondBurned', async ({ event, context: { db } }) => {
  const { window, amount } = event.args;
  const key = { operator: lower(event.args.operator), asset: lower(event.args.asset), window };
  await db.update(slash, key).set({ burned: amount });
});
