import {
  attestationStateAt,
  labelOf,
  subjectKinds,
  verdictOutcomes,
  type Address,
  type Hex,
  type IndexedVerdict,
  type IndexerAnswer,
} from '@kedge/core';
import { and, count, desc, eq, inArray, lt, lte, sql } from 'ponder';
import { db } from 'ponder:api';
import { attestation, verdict } from 'ponder:schema';
import { keccak256 } from '../keccak256';
import { indexedAt } from './reading';
import { cursorOf, groupBy, happenedOf, lower, pageOf } from './rows';

type Stated = typeof attestation.$inferSelect | typeof verdict.$inferSelect;
type VerdictRow = typeof verdict.$inferSelect;

const shown = 100;

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
    const own = verdicts.get(row.id);
    return {
      ...statedAnswer(row, now),
      subjectKind: subjectKinds[row.subjectKind] ?? 'class',
      subjectId: row.subjectId,
      type: labelOf(row.attestationType, keccak256) ?? null,
      typeHash: row.attestationType,
      attester: row.attester,
      verdicts: verdictAnswers(own?.newest ?? [], now),
      verdictCount: own?.count ?? 0,
    };
  });
  return pageOf(rows, query.limit, ({ position }) => String(position), items);
}

/** Of each attestation its newest verdicts and how many there are: anybody may add to them. */
async function verdictsOn(ids: readonly Hex[]): Promise<Map<string, { newest: VerdictRow[]; count: number }>> {
  if (ids.length === 0) return new Map();
  const ofThese = inArray(verdict.attestationId, [...ids]);
  const rank = sql<string>`row_number() over (partition by ${verdict.attestationId} order by ${verdict.position} desc)`;
  const ranked = db
    .select({ ranked: verdict.id, rank: rank.as('rank') })
    .from(verdict)
    .where(ofThese)
    .as('ranks');
  const [rows, counts] = await Promise.all([
    db
      .select({ row: verdict })
      .from(verdict)
      .innerJoin(ranked, eq(verdict.id, ranked.ranked))
      .where(lte(ranked.rank, String(shown)))
      .orderBy(desc(verdict.position)),
    db
      .select({ attestationId: verdict.attestationId, count: count() })
      .from(verdict)
      .where(ofThese)
      .groupBy(verdict.attestationId),
  ]);
  const newest = groupBy(
    rows.map(({ row }) => row),
    ({ attestationId }) => attestationId,
  );
  return new Map(
    counts.map((each) => [each.attestationId, { newest: newest.get(each.attestationId) ?? [], count: each.count }]),
  );
}

/** The newest first: the contract takes a verifier's verdicts in the order of their versions only, so its first is its last. */
function verdictAnswers(newest: readonly VerdictRow[], now: number): IndexedVerdict[] {
  const seen = new Set<Address>();
  return newest.map((row) => {
    const isLast = !seen.has(row.verifier);
    seen.add(row.verifier);
    return {
      ...statedAnswer(row, now),
      verifier: row.verifier,
      outcome: verdictOutcomes[row.outcome - 1] ?? 'undecided',
      method: labelOf(row.method, keccak256) ?? null,
      methodHash: row.method,
      isLast,
    };
  });
}

function statedAnswer(row: Stated, now: number) {
  const { id, statementHash, uri, issuedAt, expireAt, revokedAt } = row;
  const version = Number(row.version);
  const state = attestationStateAt({ revoked: revokedAt !== null, expireAt }, BigInt(now));
  return { id, version, statementHash, uri, issuedAt, expireAt, state, revokedAt, ...happenedOf(row) };
}
