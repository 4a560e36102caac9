import * as z from 'zod';
import { subjectKinds, type Attestation } from './attestation.js';
import type { Hex } from './hex.js';
import { addressSchema, hashSchema, hexSchema, parseWith, uintSchema } from './schemas.js';

/** A statement, but no verdict, with its attester's signature: others may bring it on chain (P31). */
type SignedStatement = { readonly attestation: Omit<Attestation, 'verdict'>; readonly signature: Hex };

const signedStatementSchema = z.strictObject({
  attestation: z.strictObject({
    subjectKind: z.enum(subjectKinds),
    subjectId: uintSchema(256),
    attestationType: hashSchema,
    version: z.int().min(1).max(0xffff_ffff),
    statementHash: hashSchema,
    uri: z.string(),
    attester: addressSchema,
    issuedAt: uintSchema(64),
    expireAt: uintSchema(64),
  }),
  signature: hexSchema,
});

/** A signed statement as JSON data: integers beyond 2^53 as decimal strings. */
export function signedStatementToJson({ attestation, signature }: SignedStatement) {
  const { subjectId, issuedAt, expireAt } = attestation;
  const integers = { subjectId: `${subjectId}`, issuedAt: `${issuedAt}`, expireAt: `${expireAt}` };
  return { attestation: { ...attestation, ...integers }, signature };
}

/**
 * Reads what {@link signedStatementToJson} gave.
 *
 * @throws BaseError `statement_invalid`, which names the offending fields.
 *
 * @example
 * const { attestation, signature } = parseSignedStatement(JSON.parse(text));
 */
export function parseSignedStatement(json: unknown): SignedStatement {
  return parseWith(signedStatementSchema, json, { what: 'The signed statement', code: 'statement_invalid' });
}
