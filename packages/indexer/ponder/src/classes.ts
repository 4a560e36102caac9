import { ponder } from 'ponder:registry';
import { announcedPolicy, classBook, happening, policyVersion, royaltyEdge } from 'ponder:schema';
import { happenedAt, lower, positionOf, unlessZero } from './event';

ponder.on('Token:ClassCreated', async ({ event, context: { db } }) => {
  const { classId, metadataURI, integrityHash } = event.args;
  await db.insert(classBook).values({
    classId,
    metadataURI,
    integrityHash,
    // `ClassConfigured` follows, and tells these.
    issuer: lower(event.transaction.from),
    kind: 0,
    unitDecimals: 0,
    policyVersion: 1,
    royaltyBps: 0,
    childCount: 0,
    tokenCount: 0,
    totalShare: 0n,
    createdAt: Number(event.block.timestamp),
    position: positionOf(event),
  });
});

ponder.on('Token:ClassConfigured', async ({ event, context: { db } }) => {
  const { classId, kind, unitDecimals, policyURI, policyHash } = event.args;
  const issuer = lower(event.args.issuer);
  const { position, ...happened } = happenedAt(event);
  const beneficiary = unlessZero(lower(event.args.beneficiary));
  await db.update(classBook, { classId }).set({ issuer, kind, unitDecimals, beneficiary });
  await db
    .insert(policyVersion)
    .values({ classId, version: 1, uri: policyURI, hash: unlessZero(policyHash), ...happened });
  await db.insert(happening).values({ type: 'class', position, classId, account: issuer, ...happened });
});

ponder.on('Token:ClassOptionsFixed', async ({ event, context: { db } }) => {
  const { shareCap, sharesFrozenFrom, ...options } = event.args.options;
  await db.update(classBook, { classId: event.args.classId }).set({
    shareCap: BigInt(shareCap),
    sharesFrozenFrom: BigInt(sharesFrozenFrom),
    ...options,
  });
});

ponder.on('Token:SharesFrozen', async ({ event, context: { db } }) => {
  await db.update(classBook, { classId: event.args.classId }).set((row) => ({
    sharesFrozenFrom: event.args.from,
    shareCap: row.shareCap ?? 0n,
    activationDelay: row.activationDelay ?? 0,
    policyNotice: row.policyNotice ?? 0,
    appealWindow: row.appealWindow ?? 0,
    nonTransferable: row.nonTransferable ?? false,
    valueKeepsExpiry: row.valueKeepsExpiry ?? false,
    sharesOutliveExpiry: row.sharesOutliveExpiry ?? false,
  }));
});

ponder.on('Token:MetadataUpdated', async ({ event, context: { db } }) => {
  const { classId, metadataURI, integrityHash } = event.args;
  await db.update(classBook, { classId }).set({ metadataURI, integrityHash });
});

ponder.on('Token:ParentLinked', async ({ event, context: { db } }) => {
  const { classId: childId, parentId, parentIndex, royaltyBps } = event.args;
  const edge = { childId, parentIndex: Number(parentIndex), parentId, royaltyBps, accepted: false };
  await db.insert(royaltyEdge).values(edge);
  await db.update(classBook, { classId: childId }).set((row) => ({ royaltyBps: row.royaltyBps + royaltyBps }));
  await db.update(classBook, { classId: parentId }).set((row) => ({ childCount: row.childCount + 1 }));
});

ponder.on('Token:ParentAccepted', async ({ event, context: { db } }) => {
  const { classId: childId, parentIndex } = event.args;
  await db.update(royaltyEdge, { childId, parentIndex: Number(parentIndex) }).set({ accepted: true });
});

ponder.on('Token:PolicyPublished', async ({ event, context: { db } }) => {
  const { classId, policyVersion: version, policyURI, policyHash } = event.args;
  const { position, ...happened } = happenedAt(event);
  await db.update(classBook, { classId }).set({ policyVersion: version });
  await db
    .insert(policyVersion)
    .values({ classId, version, uri: policyURI, hash: unlessZero(policyHash), ...happened });
  // The announced one, where there was one.
  await db.delete(announcedPolicy, { classId });
  await db.insert(happening).values({ type: 'policy', position, classId, ...happened });
});

ponder.on('Token:PolicyAnnounced', async ({ event, context: { db } }) => {
  const { classId, policyVersion: version, policyURI, policyHash, effectiveAt } = event.args;
  const announced = { version, uri: policyURI, hash: unlessZero(policyHash), effectiveAt: Number(effectiveAt) };
  await db
    .insert(announcedPolicy)
    .values({ classId, ...announced })
    .onConflictDoUpdate(announced);
});

ponder.on('Token:IssuerTransferStarted', async ({ event, context: { db } }) => {
  const { classId, pendingIssuer } = event.args;
  await db.update(classBook, { classId }).set({ pendingIssuer: unlessZero(lower(pendingIssuer)) });
});

ponder.on('Token:IssuerTransferred', async ({ event, context: { db } }) => {
  const { classId, issuer } = event.args;
  await db.update(classBook, { classId }).set({ issuer: lower(issuer), pendingIssuer: null });
});
