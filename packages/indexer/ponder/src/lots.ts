import type { Context, Event } from 'ponder:registry';
import { ponder } from 'ponder:registry';
import { happening, lot, plan } from 'ponder:schema';
import { happenedAt, lower } from './event';
import { lotKeyOf } from './ledgers';

ponder.on('Token:LotCreated', async ({ event, context: { db } }) => {
  const { classId, policyVersion, terms } = event.args;
  await db.insert(lot).values({
    classId,
    lot: BigInt(event.args.lot),
    policyVersion,
    asset: lower(terms.asset),
    priceNumerator: terms.priceNumerator,
    priceDenominator: terms.priceDenominator,
    operatorBps: terms.operatorBps,
    refundable: terms.refundable,
    expiredToClass: terms.expiredToClass,
    seller: lower(terms.seller),
    supply: 0n,
    listingExpireAt: 0n,
    outstanding: 0n,
    spent: 0n,
    escrow: 0n,
    releasedAt: 0n,
  });
});

ponder.on('Token:RefundsOpened', async ({ event, context: { db } }) => {
  await db.update(lot, { classId: event.args.classId, lot: BigInt(event.args.lot) }).set({ refundable: true });
});

ponder.on('Market:ListingOpened', async ({ event, context: { db } }) => {
  const { classId, supply, expireAt } = event.args;
  const key = { classId, lot: BigInt(event.args.lot) };
  await db.update(lot, key).set({ listed: true, supply, listingExpireAt: expireAt });
});

ponder.on('Market:ListingClosed', async ({ event, context: { db } }) => {
  const key = { classId: event.args.classId, lot: BigInt(event.args.lot) };
  await db.update(lot, key).set({ listed: false, supply: 0n, listingExpireAt: 0n });
});

ponder.on('Market:ValueBought', async ({ event, context: { db } }) => {
  const { units, tokenId } = event.args;
  await db.update(lot, lotKeyOf(tokenId)).set(({ supply }) => ({ supply: supply - units }));
  await tellPurchase(event, db);
});

ponder.on('Plans:PlanOpened', async ({ event, context: { db } }) => {
  const { classId } = event.args;
  const { supply, minUnits, exact, ...times } = event.args.plan;
  const [duration, expireAt] = [BigInt(times.duration), BigInt(times.expireAt)];
  const terms = { open: true, supply, minUnits, exact, duration, expireAt };
  await db
    .insert(plan)
    .values({ classId, lot: BigInt(event.args.lot), ...terms })
    .onConflictDoUpdate(terms);
});

ponder.on('Plans:PlanClosed', async ({ event, context: { db } }) => {
  const key = { classId: event.args.classId, lot: BigInt(event.args.lot) };
  await db.update(plan, key).set({ open: false });
});

ponder.on('Plans:ScheduleOpened', async ({ event, context: { db } }) => {
  const { classId, firstLot, steps } = event.args;
  // The plan of each step was told before.
  for (let step = 0; step < steps; step += 1) {
    const lot = BigInt(firstLot + step);
    await db.update(plan, { classId, lot }).set({ lotBefore: step === 0 ? null : lot - 1n });
  }
});

ponder.on('Plans:ValueBought', async ({ event, context: { db } }) => {
  const { units, tokenId } = event.args;
  await db.update(plan, lotKeyOf(tokenId)).set(({ supply }) => ({ supply: supply - units }));
  await tellPurchase(event, db);
});

async function tellPurchase(
  event: Event<'Market:ValueBought' | 'Plans:ValueBought'>,
  db: Context['db'],
): Promise<void> {
  const { tokenId, to, units, asset, cost } = event.args;
  const { classId } = lotKeyOf(tokenId);
  const about = { classId, tokenId, account: lower(to), units, asset: lower(asset), amount: cost };
  await db.insert(happening).values({ type: 'purchase', ...about, ...happenedAt(event) });
}
