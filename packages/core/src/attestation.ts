import { BaseError } from './baseError.js';
import { attestationSeparatorOf, attestationTypes, typedDigest, typeHashOf, type ProtocolDomain } from './domain.js';
import { bytesToHex, utf8, writeHex, zeroHash, type Address, type Hasher, type Hex } from './hex.js';
import { writeUint } from './words.js';

/** What an attestation may speak of, in the contract's order. */
export const subjectKinds = ['class', 'token'] as const;
export type SubjectKind = (typeof subjectKinds)[number];

/** What a verdict may say. On chain they count from 1; 0 is no verdict. */
export const verdictOutcomes = ['confirmed', 'refuted', 'undecided'] as const;
export type VerdictOutcome = (typeof verdictOutcomes)[number];

/** What may have become of an attestation. */
export const attestationStates = ['valid', 'expired', 'revoked'] as const;
export type AttestationState = (typeof attestationStates)[number];

/** Labels that readers know. On chain a type is the keccak-256 of its label, so that anybody may use another one. */
export const attestationLabels = [
  'licence',
  'integrity',
  'provenance',
  'consent',
  'quality',
  'evaluation',
  'security_review',
  'TEE_REPORT',
  'ZK_ATTEST',
] as const;

/** Labels of methods that readers know: how a verdict was reached. */
export const methodLabels = [
  'document_review',
  'hash_check',
  'reproduction',
  'signature_check',
  'sampling',
  'audit',
] as const;

const verdictLabel = 'verdict';

/** A typed statement of somebody about a class or a token (P31). */
export type Attestation = {
  readonly subjectKind: SubjectKind;
  readonly subjectId: bigint;
  /** keccak-256 of the type's label. */
  readonly attestationType: Hex;
  /** From 1. Orders the verdicts of one verifier on one attestation. */
  readonly version: number;
  /** keccak-256 of the statement's bytes. */
  readonly statementHash: Hex;
  /** Where the statement is; empty: it is handed over in another way. */
  readonly uri: string;
  readonly attester: Address;
  /** Unix seconds. */
  readonly issuedAt: bigint;
  /** Last second at which it is valid; 0 for ever. */
  readonly expireAt: bigint;
  /** There in verdicts only. */
  readonly verdict?: Verdict;
};

/** What makes an attestation a verdict. */
export type Verdict = {
  /** Id of the attestation that it is about. */
  readonly refersTo: Hex;
  readonly outcome: VerdictOutcome;
  /** keccak-256 of the method's label. */
  readonly method: Hex;
};

/** An attestation as the contract's ABI and wallets take it. */
export type AttestationMessage = Omit<Attestation, 'subjectKind' | 'verdict'> &
  Omit<Verdict, 'outcome'> & { readonly subjectKind: number; readonly outcome: number };

const typeHash = typeHashOf(attestationTypes);

/**
 * keccak-256 of a label: how types of attestations and methods of verdicts are named on chain (P26).
 *
 * @throws BaseError `label_missing`.
 *
 * @example
 * const attestationType = labelHash('licence', keccak256);
 */
export function labelHash(label: string, keccak256: Hasher): Hex {
  if (typeof label !== 'string' || label === '') {
    throw new BaseError('A type or a method has no name.', {
      code: 'label_missing',
      values: { label },
      hints: [`Name one, such as ${attestationLabels[0]} or ${methodLabels[0]}.`],
    });
  }
  return bytesToHex(keccak256(utf8(label)));
}

/** The type of every verdict, and of nothing else. */
export function verdictTypeOf(keccak256: Hasher): Hex {
  return labelHash(verdictLabel, keccak256);
}

/**
 * The label behind a hash where it is a known one.
 *
 * @example
 * labelOf(attestation.attestationType, keccak256) ?? attestation.attestationType;
 */
export function labelOf(hash: Hex, keccak256: Hasher): string | undefined {
  const wanted = hash.toLowerCase();
  return [...attestationLabels, ...methodLabels, verdictLabel].find((label) => labelHash(label, keccak256) === wanted);
}

/** An attestation as the contract's ABI and `signTypedData` take it. */
export function attestationToAbi({ subjectKind, verdict, ...rest }: Attestation): AttestationMessage {
  return {
    ...rest,
    subjectKind: subjectKinds.indexOf(subjectKind),
    refersTo: verdict?.refersTo ?? zeroHash,
    outcome: verdict === undefined ? 0 : verdictOutcomes.indexOf(verdict.outcome) + 1,
    method: verdict?.method ?? zeroHash,
  };
}

/** What {@link attestationToAbi} gave, read back. */
export function attestationFromAbi(message: AttestationMessage): Attestation {
  const { subjectKind, refersTo, outcome, method, ...rest } = message;
  const found = verdictOutcomes[outcome - 1];
  return {
    ...rest,
    subjectKind: subjectKinds[subjectKind] ?? 'class',
    ...(found === undefined ? {} : { verdict: { refersTo, outcome: found, method } }),
  };
}

/**
 * An attestation's id: the EIP-712 digest of all its fields, which is what its attester signs.
 *
 * @param domain The chain, and its AttestationRegistry.
 * @throws BaseError `integer_out_of_range`, `hex_invalid`.
 *
 * @example
 * const id = attestationIdOf({ chainId: 31337, verifyingContract: contracts.AttestationRegistry! }, attestation, keccak256);
 */
export function attestationIdOf(domain: ProtocolDomain, attestation: Attestation, keccak256: Hasher): Hex {
  const message = attestationToAbi(attestation);
  const data = new Uint8Array((1 + attestationTypes.Attestation.length) * 32);
  const view = new DataView(data.buffer);
  data.set(typeHash(keccak256), 0);
  writeUint(view, 32, BigInt(message.subjectKind), 8, 'subjectKind');
  writeUint(view, 64, message.subjectId, 256, 'subjectId');
  writeHex(data, 96, message.attestationType, 32);
  writeUint(view, 128, BigInt(message.version), 32, 'version');
  writeHex(data, 160, message.statementHash, 32);
  data.set(keccak256(utf8(message.uri)), 192);
  writeHex(data, 236, message.attester, 20);
  writeUint(view, 256, message.issuedAt, 64, 'issuedAt');
  writeUint(view, 288, message.expireAt, 64, 'expireAt');
  writeHex(data, 320, message.refersTo, 32);
  writeUint(view, 352, BigInt(message.outcome), 8, 'outcome');
  writeHex(data, 384, message.method, 32);
  return typedDigest(attestationSeparatorOf(domain, keccak256), bytesToHex(keccak256(data)), keccak256);
}

/** What can be said of an attestation at a time, Unix seconds: valid in its last second. */
export function attestationStateAt(
  { revoked, expireAt }: { readonly revoked: boolean; readonly expireAt: bigint },
  now: bigint,
): AttestationState {
  if (revoked) return 'revoked';
  return expireAt !== 0n && now > expireAt ? 'expired' : 'valid';
}
