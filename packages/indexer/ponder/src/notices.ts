import type { Context } from 'ponder:registry';
import { ponder } from 'ponder:registry';
import { tokenNotice } from 'ponder:schema';

type Notice = typeof tokenNotice.$inferSelect;

const noRevocation = { revocationAt: null, reason: null, statement: null, revokedAt: null };

/** Changes what is announced about a token. */
export async function changeNotice(db: Context['db'], tokenId: bigint, change: Partial<Notice>): Promise<void> {
  await db
    .insert(tokenNotice)
    .values({ tokenId, renewalOffer: 0n, ...noRevocation, ...change })
    .onConflictDoUpdate(change);
}

ponder.on('Token:ShareRenewalOffered', async ({ event, context: { db } }) => {
  await changeNotice(db, event.args.tokenId, { renewalOffer: event.args.expireAt });
});

ponder.on('Token:ShareRenewed', async ({ event, context: { db } }) => {
  await changeNotice(db, event.args.tokenId, { renewalOffer: 0n });
});

ponder.on('Token:RevocationAnnounced', async ({ event, context: { db } }) => {
  const { tokenId, effectiveAt, reason } = event.args;
  await changeNotice(db, tokenId, { ...noRevocation, revocationAt: effectiveAt, reason });
});

ponder.on('Token:RevocationAppealed', async ({ event, context: { db } }) => {
  const { tokenId, effectiveAt, statement } = event.args;
  await changeNotice(db, tokenId, { revocationAt: effectiveAt, statement });
});

ponder.on('Token:RevocationWithdrawn', async ({ event, context: { db } }) => {
  await changeNotice(db, event.args.tokenId, noRevocation);
});
