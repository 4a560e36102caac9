import type { Sent, WriteClient } from '../client.js';
import { contributorRootsOf } from '../contracts.js';
import { eventArgs } from '../eventsOf.js';
import { sentOf, writeContract } from '../writeContract.js';
import type { RenewParameters } from './renew.js';

/**
 * Takes the later expiry that the issuer offered for the share of a committed token. The share goes on in a new token of
 * the same vault, and what that earns is settled as before, under the committed token's id. Anyone may call.
 *
 * @throws BaseError `ContributorRootsNotCommitted`; those of `renewShare`.
 *
 * @returns `newTokenId`: where the share is now, and where the issuer offers the next renewal.
 *
 * @example
 * const { newTokenId } = await renewContributorShare(client, { tokenId, expireAt: 1_900_000_000n });
 */
export async function renewContributorShare(
  client: WriteClient,
  { tokenId, expireAt }: RenewParameters,
): Promise<Sent & { readonly newTokenId: bigint }> {
  const roots = contributorRootsOf(client.deployment);
  const receipt = await writeContract(client, 'renew the share of the contributors', {
    ...roots,
    functionName: 'renewShare',
    args: [tokenId, expireAt],
  });
  return { ...sentOf(receipt), newTokenId: eventArgs(roots, receipt, 'ContributorsRenewed').newTokenId };
}
