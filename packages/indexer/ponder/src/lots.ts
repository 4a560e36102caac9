import { ponder } from 'ponder:registry';
import { happening, lot } from 'ponder:schema';
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
  const { tokenId, to, units, asset, cost } = event.args;
  const key = lotKeyOf(tokenId);
  await db.update(lot, key).set(({ supply }) => ({ supply: supply - units }));
  const about = { classId: key.classId, tokenId, account: lower(to), units, asset: lower(asset), amount: cost };
  await db.insert(happening).values({ type: 'purchase', ...about, ...happenedAt(event) });
});
