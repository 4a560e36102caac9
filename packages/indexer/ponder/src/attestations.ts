import { ponder } from 'ponder:registry';
import { attestation, verdict } from 'ponder:schema';
import { happenedAt, lower } from './event';

ponder.on('Registry:AttestationAdded', async ({ event, context: { db } }) => {
  const { id, attestation: added } = event.args;
  const { subjectKind, subjectId, attestationType, refersTo, outcome, method, ...rest } = added;
  const { statementHash, uri, issuedAt, expireAt } = rest;
  const version = BigInt(rest.version);
  const stated = { id, version, statementHash, uri, issuedAt, expireAt, revokedAt: null, ...happenedAt(event) };
  const attester = lower(added.attester);
  if (outcome === 0) {
    await db.insert(attestation).values({ ...stated, subjectKind, subjectId, attestationType, attester });
  } else {
    await db.insert(verdict).values({ ...stated, attestationId: refersTo, verifier: attester, outcome, method });
  }
});

ponder.on('Registry:AttestationRevoked', async ({ event, context: { db } }) => {
  const { id } = event.args;
  const revokedAt = Number(event.block.timestamp);
  if ((await db.find(attestation, { id })) !== null) await db.update(attestation, { id }).set({ revokedAt });
  else await db.update(verdict, { id }).set({ revokedAt });
});
