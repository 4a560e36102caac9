import { metricTypeOf } from '@kedge/core';
import { ponder } from 'ponder:registry';
import { capture, channel, happening, receiptRoot, token, usageDay } from 'ponder:schema';
import { dayOf, happenedAt, isBacked, lower } from './event';
import { keccak256 } from './keccak256';

/** The metric that channels record. */
const unitsMetric = metricTypeOf('units', keccak256);

ponder.on('Channels:ChannelOpened', async ({ event, context: { db } }) => {
  const { channelId, channel: terms } = event.args;
  const { position, ...happened } = happenedAt(event);
  const holder = lower(terms.holder);
  const { tokenId, cap, rate, burst, deadline, grace, mode, salt } = terms;
  const classId = tokenId >> 64n;
  await db.insert(channel).values({
    channelId,
    tokenId,
    classId,
    holder,
    operator: lower(terms.operator),
    channelKey: lower(terms.channelKey),
    mode,
    cap,
    rate,
    burst,
    deadline,
    grace: BigInt(grace),
    salt,
    captured: 0n,
    returned: 0n,
    captureCount: 0,
    openedAt: happened.at,
    position,
  });
  const about = { classId, tokenId, channelId, account: holder, units: cap };
  await db.insert(happening).values({ type: 'channel-open', position, ...about, ...happened });
});

ponder.on('Channels:ChannelCaptured', async ({ event, context: { db } }) => {
  const { channelId, units, capturedUnits, seq, receiptHash } = event.args;
  const known = await db.find(channel, { channelId });
  if (known === null) throw new Error(`there is no channel ${channelId}`);
  const { tokenId, classId, operator } = known;
  await db.update(channel, { channelId }).set({
    captured: capturedUnits,
    captureCount: known.captureCount + 1,
    lastSeq: seq,
    lastReceiptHash: receiptHash,
  });
  const about = { channelId, tokenId, classId, operator, units, capturedUnits, seq, receiptHash };
  await db.insert(capture).values({ ...about, ...happenedAt(event) });
  // Only here is it known that a channel took them: `UsageRecorded`, which came before, names whom a module likes (P15).
  if (isBacked(tokenId) && known.holder !== operator) {
    const key = { classId, day: dayOf(event), metricType: unitsMetric };
    await db.update(usageDay, key).set((day) => ({ paidUnits: day.paidUnits + units }));
  }
  // And as if the units came out of the token's value.
  await db.update(token, { tokenId }).set((row) => ({ value: row.value + units, locked: row.locked - units }));
});

ponder.on('Channels:ChannelClosed', async ({ event, context: { db } }) => {
  const { channelId, capturedUnits, returnedUnits } = event.args;
  const { position, ...happened } = happenedAt(event);
  const row = await db.find(channel, { channelId });
  if (row === null) throw new Error(`there is no channel ${channelId}`);
  await db
    .update(channel, { channelId })
    .set({ captured: capturedUnits, returned: returnedUnits, closedAt: happened.at });
  const about = { classId: row.classId, tokenId: row.tokenId, channelId, account: row.holder, units: returnedUnits };
  await db.insert(happening).values({ type: 'channel-close', position, ...about, ...happened });
});

ponder.on('Channels:ReceiptsAnchored', async ({ event, context: { db } }) => {
  const { root, epoch, firstBatch, lastBatch, cid } = event.args;
  const operator = lower(event.args.operator);
  const anchored = { operator, root, epoch: BigInt(epoch), firstBatch, lastBatch, cid };
  await db.insert(receiptRoot).values({ ...anchored, ...happenedAt(event) });
});
