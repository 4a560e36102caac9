import type { WriteClient } from '../client.js';
import { sendAttestation, type AttestReturn } from './attest.js';
import { prepareAttestation, type GiveVerdictParameters } from './signAttestation.js';

/**
 * Says what the wallet, as a verifier, found of somebody else's attestation, and how (P31). It replaces the wallet's
 * earlier verdict on it, and counts for those who name this verifier.
 *
 * @throws BaseError `AttestationRegistryUnknown`, `AttestationRegistryOwnVerdict`, `AttestationRegistryVerdictOnVerdict`,
 * `AttestationRegistrySuperseded`, `contract_missing` where the deployment is older.
 *
 * @example
 * await giveVerdict(client, { attestationId, outcome: 'confirmed', method: 'document_review', statementHash });
 */
export async function giveVerdict(client: WriteClient, parameters: GiveVerdictParameters): Promise<AttestReturn> {
  return sendAttestation(client, await prepareAttestation(client, parameters), '0x');
}
