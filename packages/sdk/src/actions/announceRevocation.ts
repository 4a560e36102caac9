import type { Sent, WriteClient } from '../client.js';
import { tokenOf } from '../contracts.js';
import { eventArgs } from '../eventsOf.js';
import { sentOf, writeContract } from '../writeContract.js';

export type AnnounceRevocationParameters = {
  readonly tokenId: bigint;
  /** Text or URI, for the holder and for everybody. */
  readonly reason: string;
};

/**
 * Announces that a token of the wallet's own class is to be revoked, and why. The holder keeps everything for one appeal
 * window of the class.
 *
 * @throws BaseError `DATNotIssuer`, `DATNotRevocable`, `DATNoReason`, `DATRevocationPending`, `ERC8028Expired`.
 *
 * @returns `effectiveAt`: Unix time from which `revoke` works, for one more window.
 *
 * @example
 * const { effectiveAt } = await announceRevocation(client, { tokenId, reason: 'ipfs://…' });
 */
export async function announceRevocation(
  client: WriteClient,
  { tokenId, reason }: AnnounceRevocationParameters,
): Promise<Sent & { readonly effectiveAt: bigint }> {
  const token = tokenOf(client.deployment);
  const receipt = await writeContract(client, 'announce the revocation', {
    ...token,
    functionName: 'announceRevocation',
    args: [tokenId, reason],
  });
  return { ...sentOf(receipt), effectiveAt: eventArgs(token, receipt, 'RevocationAnnounced').effectiveAt };
}
