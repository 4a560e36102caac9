import type { Hex } from '@kedge/core';
import type { Sent, WriteClient } from '../client.js';
import { tokenOf } from '../contracts.js';
import { sentOf, writeContract } from '../writeContract.js';

export type UpdateClassMetadataParameters = {
  readonly classId: bigint;
  readonly metadataURI: string;
  /** keccak-256 of the metadata's canonical JSON. */
  readonly integrityHash: Hex;
};

/**
 * Corrects the metadata of the wallet's own class. Everyone sees the event; earlier metadata stays in the chain's history.
 *
 * @throws BaseError `DATNotIssuer`, `ERC8028NonexistentClass`.
 *
 * @example
 * await updateClassMetadata(client, { classId, metadataURI: `ipfs://${cid}`, integrityHash });
 */
export async function updateClassMetadata(
  client: WriteClient,
  { classId, metadataURI, integrityHash }: UpdateClassMetadataParameters,
): Promise<Sent> {
  const receipt = await writeContract(client, 'correct the metadata', {
    ...tokenOf(client.deployment),
    functionName: 'updateClassMetadata',
    args: [classId, metadataURI, integrityHash],
  });
  return sentOf(receipt);
}
