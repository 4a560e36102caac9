import type { Sent, WriteClient } from '../client.js';
import { tokenOf } from '../contracts.js';
import { eventArgs } from '../eventsOf.js';
import { sentOf, writeContract } from '../writeContract.js';
import type { RenewParameters } from './renew.js';

/**
 * Takes the later expiry that the issuer offered for the share of the wallet's own token: the share ends there and goes on
 * in a new token. What was earned stays with the old one.
 *
 * @throws BaseError `DATRenewalNotOffered`, `DATNoActiveShare`, `DATSharesFrozen`, `DATTooManyExpiries`, `DATRevocationPending`,
 * `ERC8028Unauthorized`, `ERC8028Expired`.
 *
 * @returns `newTokenId`: where the share is now.
 *
 * @example
 * const { newTokenId } = await renewShare(client, { tokenId, expireAt: 1_900_000_000n });
 */
export async function renewShare(
  client: WriteClient,
  { tokenId, expireAt }: RenewParameters,
): Promise<Sent & { readonly newTokenId: bigint }> {
  const token = tokenOf(client.deployment);
  const receipt = await writeContract(client, 'renew the share', {
    ...token,
    functionName: 'renewShare',
    args: [tokenId, expireAt],
  });
  const { newTokenId } = eventArgs(token, receipt, 'ShareRenewed');
  return { ...sentOf(receipt), newTokenId };
}
