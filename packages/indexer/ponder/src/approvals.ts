import { ponder } from 'ponder:registry';
import { approval } from 'ponder:schema';
import { happenedAt, lower } from './event';

ponder.on('Token:ApprovalForClass', async ({ event, context: { db } }) => {
  const { classId: scope, approved } = event.args;
  const key = { owner: lower(event.args.owner), operator: lower(event.args.operator), kind: 'class', scope };
  const row = { approved, units: null, expireAt: null, ...happenedAt(event) };
  await db
    .insert(approval)
    .values({ ...key, ...row })
    .onConflictDoUpdate(row);
});

ponder.on('Token:UsageApproval', async ({ event, context: { db } }) => {
  const { scope, units, expireAt } = event.args;
  const key = { owner: lower(event.args.owner), operator: lower(event.args.operator), kind: 'usage', scope };
  const row = { approved: units !== 0n, units, expireAt, ...happenedAt(event) };
  await db
    .insert(approval)
    .values({ ...key, ...row })
    .onConflictDoUpdate(row);
});

ponder.on('Token:UsageAllowanceSpent', async ({ event, context: { db } }) => {
  const { scope, units } = event.args;
  const key = { owner: lower(event.args.owner), operator: lower(event.args.operator), kind: 'usage', scope };
  await db.update(approval, key).set({ units, approved: units !== 0n });
});
