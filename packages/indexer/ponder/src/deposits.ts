import { ponder } from 'ponder:registry';
import { depositMove, lot } from 'ponder:schema';
import { happenedAt, lotOfToken, lower } from './event';

ponder.on('Deposits:DepositSwept', async ({ event, context: { db } }) => {
  const { channelId, channel: terms, spent } = event.args;
  const { tokenId, cap: units } = terms;
  const bought = await db.find(lot, { classId: tokenId >> 64n, lot: lotOfToken(tokenId) });
  await db.insert(depositMove).values({
    ...happenedAt(event),
    kind: 'sweep',
    deposit: lower(event.args.deposit),
    // The terms may name any market, and it may hand out a token that was in no lot.
    asset: bought?.asset ?? null,
    amount: spent,
    channelId,
    operator: lower(event.args.operator),
    units,
  });
});

ponder.on('Deposits:DepositRefunded', async ({ event, context: { db } }) => {
  const { amount } = event.args;
  await db.insert(depositMove).values({
    ...happenedAt(event),
    kind: 'refund',
    deposit: lower(event.args.deposit),
    asset: lower(event.args.asset),
    amount,
    to: lower(event.args.to),
  });
});
