import { attestationIdOf, BaseError, type Attestation, type Hex } from '@kedge/core';
import { encodePacked } from 'viem';
import type { Sent, WriteClient } from '../client.js';
import { attestationRegistryOf } from '../contracts.js';
import { keccak256 } from '../keccak256.js';
import { inWords } from '../reading.js';
import { sentOf, writeContract } from '../writeContract.js';
import { signAttestation, type AttestParameters, type SignedAttestation } from './signAttestation.js';

export type AddProofParameters = Extract<AttestParameters, { readonly tokenId: bigint }>;

export type AddProofReturn = Sent & {
  readonly id: Hex;
  readonly attestation: Attestation;
  /** What the draft's `ProofAdded` says as `signature`: the attestation's other fields, and its attester's signature. */
  readonly proof: Hex;
};

/**
 * Puts a statement about a token forward as its holder, or as the holder's operator for the class: the draft's `addProof`
 * (section 9, P31). The statement is the wallet's own, or one that somebody else signed with {@link signAttestation}. It is
 * an attestation like those of `attest`, and readers who know only the draft find it by `ProofAdded`.
 *
 * @throws BaseError `proof_not_of_token` for what was signed about a class or as a verdict,
 * `AttestationRegistryUnauthorized` where the wallet neither holds the token nor operates it, `AttestationRegistryExists` where it was
 * put forward before, `AttestationRegistryRevoked`, `AttestationRegistryExpired`, `AttestationRegistryNotSigned`, `ERC8028NonexistentToken`, `contract_missing` where the
 * deployment is older.
 *
 * @example
 * const { id } = await addProof(client, { tokenId, type: 'TEE_REPORT', statementHash, uri: 'ipfs://…' });
 */
export async function addProof(
  client: WriteClient,
  parameters: AddProofParameters | Pick<SignedAttestation, 'attestation' | 'signature'>,
): Promise<AddProofReturn> {
  const signed = 'signature' in parameters ? parameters : await signAttestation(client, parameters);
  const { attestation } = signed;
  requireOfToken(attestation);
  const registry = attestationRegistryOf(client.deployment);
  const doing = 'add the proof';
  const proof = await inWords(doing, () => packProof(signed));
  const receipt = await writeContract(client, doing, {
    ...registry,
    functionName: 'addProof',
    args: [attestation.subjectId, attestation.attestationType, attestation.uri, proof],
  });
  // Not read from an event: where somebody attested the same before, nothing tells of it again.
  const domain = { chainId: client.deployment.chainId, verifyingContract: registry.address };
  const id = attestationIdOf(domain, attestation, keccak256);
  return { ...sentOf(receipt), id, attestation, proof };
}

/** The draft's four arguments leave no room for a class or a verdict. */
function requireOfToken({ subjectKind, subjectId, verdict }: Attestation): void {
  if (subjectKind === 'token' && verdict === undefined) return;
  const what = verdict === undefined ? `about ${subjectKind} ${subjectId}` : `a verdict on ${verdict.refersTo}`;
  throw new BaseError(`A proof is a statement about a token, and this one is ${what}.`, {
    code: 'proof_not_of_token',
    values: { subjectKind, subjectId },
    hints: ['attest brings it, from anyone.'],
  });
}

/** As `packProof` of the registry: attester, version, statement hash, issuedAt and expireAt, then the signature. */
function packProof({ attestation, signature }: Pick<SignedAttestation, 'attestation' | 'signature'>): Hex {
  const { attester, version, statementHash, issuedAt, expireAt } = attestation;
  return encodePacked(
    ['address', 'uint32', 'bytes32', 'uint64', 'uint64', 'bytes'],
    [attester, version, statementHash, issuedAt, expireAt, signature],
  );
}
