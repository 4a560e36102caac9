import {
  attestationStateAt,
  labelOf,
  subjectKinds,
  verdictOutcomes,
  type Address,
  type IndexedVerdict,
  type IndexerAnswer,
} from '@kedge/core';
import { and, desc, eq, inArray, lt } from 'ponder';
import { db } from 'ponder:api';
import { attestation, verdict } from 'ponder:schema';
import { keccak256 } from 'viem';
import { indexedAt } from './reading';
import { cursorOf, groupBy, happenedOf, lower, pageOf } from './rows';

type Stated = typeof attestation.$inferSelect | typeof verdict.$inferSelect;
type VerdictRow = typeof verdict.$inferSelect;

const shown = 100;
const hasher = (bytes: Uint8Array) => keccak256(bytes, 'bytes');

export async function listAttestations(query: {
  classId?: bigint;
  tokenId?: bigint;
  attester?: Address;
  after?: string;
  limit: number;
}): Promise<IndexerAnswer<'attestations'>> {
  const after = cursorOf(query.after);
  const about = (kind: (typeof subjectKinds)[number], id: bigint | undefined) =>
    id === undefined
      ? undefined
      : and(eq(attestation.subjectId, id), eq(attestation.subjectKind, subjectKinds.indexOf(kind)));
  const rows = await db
    .select()
    .from(attestation)
    .where(
      and(
        about('class', query.classId),
        about('token', query.tokenId),
        query.attester === undefined ? undefined : eq(attestation.attester, lower(query.attester)),
        after === undefined ? undefined : lt(attestation.position, after),
      ),
    )
    .orderBy(desc(attestation.position))
    .limit(query.limit + 1);
  const [now, verdicts] = await Promise.all([indexedAt(), verdictsOn(rows.map(({ id }) => id))]);
  const items = rows.map((row) => {
    const own = verdicts.get(row.id) ?? [];
    return {
      ...statedAnswer(row, now),
      subjectKind: subjectKinds[row.subjectKind] ?? 'class',
      subjectId: row.subjectId,
      type: labelOf(row.attestationType, hasher) ?? null,
      typeHash: row.attestationType,
      attester: row.attester,
      verdicts: own.slice(0, shown).map((each) => verdictAnswer(each, own, now)),
      verdictCount: own.length,
    };
  });
  return pageOf(rows, query.limit, ({ position }) => String(position), items);
}

async function verdictsOn(ids: readonly `0x${string}`[]): Promise<Map<string, VerdictRow[]>> {
  if (ids.length === 0) return new Map();
  const wanted = inArray(verdict.attestationId, [...ids]);
  const rows = await db.select().from(verdict).where(wanted).orderBy(desc(verdict.position));
  return groupBy(rows, ({ attestationId }) => attestationId);
}

/** `own`: all verdicts on the same attestation. The contract takes a verifier's only in the order of their versions. */
function verdictAnswer(row: VerdictRow, own: readonly VerdictRow[], now: number): IndexedVerdict {
  return {
    ...statedAnswer(row, now),
    verifier: row.verifier,
    outcome: verdictOutcomes[row.outcome - 1] ?? 'undecided',
    method: labelOf(row.method, hasher) ?? null,
    methodHash: row.method,
    isLast: own.every(({ verifier, version }) => verifier !== row.verifier || version <= row.version),
  };
}

function statedAnswer(row: Stated, now: number) {
  const { id, version, statementHash, uri, issuedAt, expireAt, revokedAt } = row;
  const state = attestationStateAt({ revoked: revokedAt !== null, expireAt }, BigInt(now));
  return { id, version, statementHash, uri, issuedAt, expireAt, state, revokedAt, ...happenedOf(row) };
}
