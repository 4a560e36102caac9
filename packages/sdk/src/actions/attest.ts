import { attestationToAbi, type Attestation, type Hex } from '@kedge/core';
import type { Sent, WriteClient } from '../client.js';
import { attestationRegistryOf } from '../contracts.js';
import { eventArgs } from '../eventsOf.js';
import { sentOf, writeContract } from '../writeContract.js';
import { prepareAttestation, type AttestParameters, type SignedAttestation } from './signAttestation.js';

export type AttestReturn = Sent & { readonly id: Hex; readonly attestation: Attestation };

/**
 * Puts a statement about a class or token on record (P31): the wallet's own, or one that somebody signed with
 * {@link signAttestation}. Nothing is thereby verified: readers name the verifiers whose verdicts count for them.
 *
 * @throws BaseError `AttestationRegistryExists`, `AttestationRegistryExpired`, `AttestationRegistryNotSigned`,
 * `ERC8028NonexistentClass`, `ERC8028NonexistentToken`, `contract_missing` where the deployment is older.
 *
 * @example
 * const { id } = await attest(client, { classId: 1n, type: 'licence', statementHash, uri: 'ipfs://…' });
 */
export async function attest(
  client: WriteClient,
  parameters: AttestParameters | SignedAttestation,
): Promise<AttestReturn> {
  if ('signature' in parameters) return sendAttestation(client, parameters.attestation, parameters.signature);
  return sendAttestation(client, await prepareAttestation(client, parameters), '0x');
}

/** Sends an attestation; without a signature the wallet must be the attester's. */
export async function sendAttestation(
  client: WriteClient,
  attestation: Attestation,
  signature: Hex,
): Promise<AttestReturn> {
  const registry = attestationRegistryOf(client.deployment);
  const receipt = await writeContract(client, 'add the attestation', {
    ...registry,
    functionName: 'attest',
    args: [attestationToAbi(attestation), signature],
  });
  const added = eventArgs(registry, receipt, 'AttestationAdded');
  return { ...sentOf(receipt), id: added.id, attestation };
}
