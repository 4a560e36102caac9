import { ponder } from 'ponder:registry';
import {
  accrual,
  claim,
  classBook,
  due,
  happening,
  ledger,
  lot,
  release,
  revenueDay,
  royalty,
  tokenClaims,
} from 'ponder:schema';
import { dayOf, happenedAt, isBacked, lower, positionOf, unlessZero } from './event';
import { addFlow, changeLedger, changeLot, lotKeyOf } from './ledgers';
import { addValue } from './values';

ponder.on('Token:RevenueAccrued', async ({ event, context: { db } }) => {
  const { classId, amount, toHolders, index, totalShare } = event.args;
  const asset = lower(event.args.asset);
  const happened = happenedAt(event);
  const book = await db.find(classBook, { classId });
  const known = await db.find(ledger, { classId, asset });
  const cause = known?.cause ?? 'settlement';
  const causePosition = known?.causePosition ?? null;
  // Read before the update, with which the row that was found changes.
  const received = (known?.received ?? 0n) + amount;
  const hasShares = totalShare !== 0n;
  const hasBeneficiary = book !== null && book.beneficiary !== null;
  await changeLedger(db, classId, asset, (row) => ({
    received: row.received + amount,
    index,
    orphan: hasShares ? 0n : hasBeneficiary ? row.orphan : row.orphan + toHolders,
    claimed: !hasShares && hasBeneficiary ? row.claimed + toHolders : row.claimed,
    cause: null,
    causePosition: null,
    lastAccrual: happened.position,
  }));
  await db.insert(accrual).values({
    classId,
    asset,
    amount,
    toHolders,
    totalShare,
    index,
    received,
    cause,
    causePosition,
    payer: lower(event.transaction.from),
    ...happened,
  });
  const royalties = cause === 'royalty' ? amount : 0n;
  await db
    .insert(revenueDay)
    .values({ classId, day: dayOf(event), asset, received: amount, royalties })
    .onConflictDoUpdate((row) => ({ received: row.received + amount, royalties: row.royalties + royalties }));
});

ponder.on('Token:BackingReleased', async ({ event, context: { db } }) => {
  const { classId, operatorAmount, revenue } = event.args;
  const key = { classId, lot: BigInt(event.args.lot) };
  const position = positionOf(event);
  // Read before the update, with which the row that was found changes.
  const since = (await db.find(lot, key))?.releasedAt ?? 0n;
  await changeLot(
    db,
    key,
    ({ escrow }) => ({ escrow: escrow - operatorAmount - revenue, releasedAt: position }),
    // Its settlement follows.
    revenue === 0n ? {} : { cause: 'release', causePosition: position },
  );
  await db.insert(release).values({
    position,
    ...key,
    operator: unlessZero(lower(event.args.operator)),
    operatorAmount,
    revenue,
    since,
    at: Number(event.block.timestamp),
    transactionHash: event.transaction.hash,
  });
});

ponder.on('Token:ValueBurned', async ({ event, context: { db } }) => {
  const { tokenId, units, revenue } = event.args;
  const key = lotKeyOf(tokenId);
  await addValue(db, tokenId, -units);
  if (!isBacked(tokenId)) return;
  await changeLot(db, key, ({ outstanding, escrow }) => ({
    outstanding: outstanding - units,
    escrow: escrow - revenue,
  }));
  if (revenue === 0n) return;
  // Its settlement came before, and did not say why.
  const asset = (await db.find(lot, key))!.asset;
  const book = await db.find(ledger, { classId: key.classId, asset });
  if (book !== null) await db.update(accrual, { position: book.lastAccrual }).set({ cause: 'backing', lot: key.lot });
});

ponder.on('Token:RoyaltyCollected', async ({ event, context: { db } }) => {
  const { classId: childId, parentId, amount } = event.args;
  const asset = lower(event.args.asset);
  const parentIndex = Number(event.args.parentIndex);
  const happened = happenedAt(event);
  const collectedBefore = await addFlow(db, { childId, parentIndex, asset }, amount);
  await changeLedger(db, childId, asset, (row) => ({ royaltiesPaid: row.royaltiesPaid + amount }));
  // Its accrual follows.
  await changeLedger(db, parentId, asset, () => ({ cause: 'royalty', causePosition: happened.position }));
  await db.insert(royalty).values({ childId, parentId, parentIndex, asset, amount, collectedBefore, ...happened });
});

ponder.on('Token:Claimed', async ({ event, context: { db } }) => {
  const { tokenId, amount } = event.args;
  if (amount === 0n) return;
  const classId = tokenId >> 64n;
  const asset = lower(event.args.asset);
  await changeLedger(db, classId, asset, ({ claimed }) => ({ claimed: claimed + amount }));
  await db
    .insert(tokenClaims)
    .values({ tokenId, asset, claimed: amount })
    .onConflictDoUpdate(({ claimed }) => ({ claimed: claimed + amount }));
  await db.insert(claim).values({ tokenId, classId, to: lower(event.args.to), asset, amount, ...happenedAt(event) });
});

ponder.on('Token:OwedIncreased', async ({ event, context: { db } }) => {
  const { amount } = event.args;
  const key = { account: lower(event.args.account), asset: lower(event.args.asset) };
  await db
    .insert(due)
    .values({ ...key, earned: amount, owed: amount })
    .onConflictDoUpdate(({ earned, owed }) => ({ earned: earned + amount, owed: owed + amount }));
});

ponder.on('Token:Withdrawn', async ({ event, context: { db } }) => {
  const { amount } = event.args;
  const key = { account: lower(event.args.account), asset: lower(event.args.asset) };
  await db.update(due, key).set(({ owed }) => ({ owed: owed - amount }));
  await db.insert(happening).values({ type: 'withdrawal', ...key, amount, ...happenedAt(event) });
});
