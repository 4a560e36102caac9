import { ponder } from 'ponder:registry';
import { token, usage, usageDay } from 'ponder:schema';
import { dayOf, happenedAt, isBacked, lower } from './event';
import { changeLot, lotKeyOf } from './ledgers';

ponder.on('Token:UsageRecorded', async ({ event, context: { db } }) => {
  const { tokenId, metricType, amount: units } = event.args;
  const actor = lower(event.args.actor);
  const row = await db.find(token, { tokenId });
  if (row === null) throw new Error(`there is no token ${tokenId}`);
  const { classId, lot, owner } = row;
  const selfReported = actor === owner;
  const selfReportedUnits = selfReported ? units : 0n;
  // As if it came out of the value; `ChannelCaptured` says where it did not, and the end of a lock of another module.
  await db.update(token, { tokenId }).set({ value: row.value - units, spent: row.spent + units });
  await db
    .insert(usage)
    .values({ tokenId, classId, lot, metricType, units, actor, selfReported, ...happenedAt(event) });
  await db
    .insert(usageDay)
    .values({ classId, day: dayOf(event), metricType, units, paidUnits: 0n, selfReportedUnits, records: 1 })
    .onConflictDoUpdate((day) => ({
      units: day.units + units,
      selfReportedUnits: day.selfReportedUnits + selfReportedUnits,
      records: day.records + 1,
    }));
  if (isBacked(tokenId)) {
    await changeLot(db, lotKeyOf(tokenId), ({ outstanding, spent }) => ({
      outstanding: outstanding - units,
      spent: spent + units,
    }));
  }
});
