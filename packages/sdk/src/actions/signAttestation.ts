import {
  attestationDomain,
  attestationIdOf,
  attestationToAbi,
  attestationTypes,
  BaseError,
  isSameAddress,
  labelHash,
  subjectKinds,
  verdictOutcomes,
  verdictTypeOf,
  zeroAddress,
  zeroHash,
  type Attestation,
  type Hex,
  type VerdictOutcome,
} from '@kedge/core';
import type { ReadClient, WriteClient } from '../client.js';
import { attestationRegistryOf } from '../contracts.js';
import { keccak256 } from '../keccak256.js';
import { reading } from '../reading.js';
import { requireOneOf } from '../requireArguments.js';
import { signTypedData } from '../signTypedData.js';

/** What an attestation is about. */
export type AttestationSubject = { readonly classId: bigint } | { readonly tokenId: bigint };

/** What every statement has, verdicts included. */
type StatementParameters = {
  /** keccak-256 of the statement's bytes. */
  readonly statementHash: Hex;
  /** Where the statement is. Default: it is handed over in another way. */
  readonly uri?: string;
  /** Unix seconds. Default: the newest block's. */
  readonly issuedAt?: bigint;
  /** Last second at which it is valid. Default 0, for ever. */
  readonly expireAt?: bigint;
};

export type AttestParameters = AttestationSubject &
  StatementParameters & {
    /** Label of the type, such as `licence`; on chain it is its keccak-256. */
    readonly type: string;
    /** Default 1. */
    readonly version?: number;
  };

export type GiveVerdictParameters = StatementParameters & {
  /** The attestation that is judged. */
  readonly attestationId: Hex;
  readonly outcome: VerdictOutcome;
  /** Label of the method: how the verdict was reached, such as `document_review`. */
  readonly method: string;
  /** Default: after the signer's last verdict on the attestation. */
  readonly version?: number;
};

/** An attestation with its attester's signature: anyone may bring it with `attest`. */
export type SignedAttestation = { readonly id: Hex; readonly attestation: Attestation; readonly signature: Hex };

/**
 * Signs an attestation, or a verdict, without sending it. Whoever has the signature may bring it until it expires.
 *
 * @throws BaseError `AttestationRegistryUnknown` for a verdict on nothing, `contract_missing` where the deployment is older.
 *
 * @example
 * const signed = await signAttestation(client, { classId: 1n, type: 'licence', statementHash, uri });
 */
export async function signAttestation(
  client: WriteClient,
  parameters: AttestParameters | GiveVerdictParameters,
): Promise<SignedAttestation> {
  const attestation = await prepareAttestation(client, parameters);
  const { address } = attestationRegistryOf(client.deployment);
  const domain = { chainId: client.deployment.chainId, verifyingContract: address };
  const signature = await signTypedData(client, 'sign the attestation', {
    domain: attestationDomain(domain),
    types: attestationTypes,
    primaryType: 'Attestation',
    message: attestationToAbi(attestation),
  });
  return { id: attestationIdOf(domain, attestation, keccak256), attestation, signature };
}

/** The attestation that the parameters describe, of the wallet's account. */
export async function prepareAttestation(
  client: WriteClient,
  parameters: AttestParameters | GiveVerdictParameters,
): Promise<Attestation> {
  const attester = client.walletClient.account.address;
  const { statementHash, uri = '', expireAt = 0n } = parameters;
  const issuedAt = parameters.issuedAt ?? (await timeOf(client));
  const common = { statementHash, uri, attester, issuedAt, expireAt };
  if (!('attestationId' in parameters)) {
    const { type, version = 1 } = parameters;
    const subject =
      'classId' in parameters
        ? ({ subjectKind: 'class', subjectId: parameters.classId } as const)
        : ({ subjectKind: 'token', subjectId: parameters.tokenId } as const);
    return { ...common, ...subject, attestationType: labelHash(type, keccak256), version };
  }
  const { attestationId, outcome, method } = parameters;
  requireOneOf('outcome', verdictOutcomes, outcome);
  const { subjectKind, subjectId, lastVersion } = await readJudged(client, attestationId);
  return {
    ...common,
    subjectKind,
    subjectId,
    attestationType: verdictTypeOf(keccak256),
    version: parameters.version ?? lastVersion + 1,
    verdict: { refersTo: attestationId, outcome, method: labelHash(method, keccak256) },
  };
}

/** Dated by the chain: the contract refuses what is dated ahead of its block, and clocks differ. */
async function timeOf(client: ReadClient): Promise<bigint> {
  const { timestamp } = await reading(client, 'read the time of the chain', (chain) => chain.getBlock());
  return timestamp;
}

/** What a verdict is about, and how many the signer gave before. */
async function readJudged(client: WriteClient, attestationId: Hex) {
  const registry = attestationRegistryOf(client.deployment);
  const verifier = client.walletClient.account.address;
  return reading(client, 'read the attestation', async (chain) => {
    const [record, last] = await Promise.all([
      chain.readContract({ ...registry, functionName: 'recordOf', args: [attestationId] }),
      chain.readContract({ ...registry, functionName: 'verdictOf', args: [attestationId, verifier] }),
    ]);
    if (isSameAddress(record.attester, zeroAddress)) {
      throw new BaseError('There is no such attestation.', {
        code: 'AttestationRegistryUnknown',
        values: { id: attestationId },
        hints: ['getAttestations lists those of a class or token.'],
      });
    }
    const before =
      last === zeroHash ? undefined : await chain.readContract({ ...registry, functionName: 'recordOf', args: [last] });
    return {
      subjectKind: subjectKinds[record.subjectKind] ?? 'class',
      subjectId: record.subjectId,
      lastVersion: before?.version ?? 0,
    };
  });
}
