import type { Hex } from '@kedge/core';
import type { Sent, WriteClient } from '../client.js';
import { attestationRegistryOf } from '../contracts.js';
import { sentOf, writeContract } from '../writeContract.js';

/**
 * Ends an attestation or a verdict of the wallet's, for ever. An earlier verdict does not come back (P31).
 *
 * @throws BaseError `AttestationRegistryUnknown`, `AttestationRegistryNotAttester`, `AttestationRegistryRevoked`.
 *
 * @example
 * await revokeAttestation(client, { id: attestationId });
 */
export async function revokeAttestation(client: WriteClient, { id }: { readonly id: Hex }): Promise<Sent> {
  return sentOf(
    await writeContract(client, 'revoke the attestation', {
      ...attestationRegistryOf(client.deployment),
      functionName: 'revoke',
      args: [id],
    }),
  );
}
