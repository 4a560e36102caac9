import * as z from 'zod';
import { attestationStates, subjectKinds, verdictOutcomes } from '../attestation.js';
import {
  accountSchema,
  bigSchema,
  bytes32Schema,
  countSchema,
  happenedSchema,
  momentSchema,
  unitsSchema,
} from './fields.js';

/** What attestations and verdicts have in common. */
const statedSchema = happenedSchema.extend({
  /** The EIP-712 digest of all of it. */
  id: bytes32Schema,
  version: z.int().positive(),
  /** keccak-256 of the statement's bytes, and where they are; empty: handed over in another way. */
  statementHash: bytes32Schema,
  uri: z.string(),
  issuedAt: unitsSchema,
  /** Last second at which it is valid; 0 for ever. */
  expireAt: unitsSchema,
  state: z.enum(attestationStates),
  revokedAt: momentSchema.nullable(),
});

/** What a verifier found of an attestation (P31). */
const verdictSchema = statedSchema.extend({
  verifier: accountSchema,
  outcome: z.enum(verdictOutcomes),
  /** How it was reached: the label where it is a known one, else null, and its hash. */
  method: z.string().nullable(),
  methodHash: bytes32Schema,
  /** The verifier's last one: only that one counts, and only while it is valid. */
  isLast: z.boolean(),
});
export type IndexedVerdict = z.output<typeof verdictSchema>;

/** A statement of somebody about a class or a token (P31). Nothing says here that it is true. */
export const attestationSchema = statedSchema.extend({
  subjectKind: z.enum(subjectKinds),
  subjectId: bigSchema,
  /** The label of its type where it is a known one, else null, and its hash. */
  type: z.string().nullable(),
  typeHash: bytes32Schema,
  attester: accountSchema,
  /** The newest first, a hundred at most; superseded ones are among them. */
  verdicts: z.array(verdictSchema),
  verdictCount: countSchema,
});
export type IndexedAttestation = z.output<typeof attestationSchema>;
