import type { Sent, WriteClient } from '../client.js';
import { contributorRootsOf, tokenOf } from '../contracts.js';
import { eventArgs } from '../eventsOf.js';
import { sentOf, writeContract } from '../writeContract.js';
import type { AppealRevocationParameters } from './appealRevocation.js';

/**
 * Objects, as the controller of a committed token, to the revocation of its share, once: its window begins anew.
 *
 * @throws BaseError `ContributorRootsNotController`, `ContributorRootsNotCommitted`; those of `appealRevocation`.
 *
 * @returns `effectiveAt`: Unix time from which the issuer may carry it out.
 *
 * @example
 * const { effectiveAt } = await appealContributorRevocation(client, { tokenId, statement: 'ipfs://…' });
 */
export async function appealContributorRevocation(
  client: WriteClient,
  { tokenId, statement }: AppealRevocationParameters,
): Promise<Sent & { readonly effectiveAt: bigint }> {
  const receipt = await writeContract(client, 'appeal the revocation', {
    ...contributorRootsOf(client.deployment),
    functionName: 'appealRevocation',
    args: [tokenId, statement],
  });
  return {
    ...sentOf(receipt),
    effectiveAt: eventArgs(tokenOf(client.deployment), receipt, 'RevocationAppealed').effectiveAt,
  };
}
