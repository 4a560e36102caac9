import type { Sent, WriteClient } from '../client.js';
import { tokenOf } from '../contracts.js';
import { sentOf, writeContract } from '../writeContract.js';
import type { RenewParameters } from './renew.js';

/**
 * Offers the holder of a share of the wallet's own class a later expiry. `expireAt` 0 withdraws the offer.
 *
 * @throws BaseError `DATNotIssuer`, `DATInvalidExpiry`, `DATNoActiveShare`, `DATShareOutlivesExpiry`, `ERC8028Expired`.
 *
 * @example
 * await offerShareRenewal(client, { tokenId, expireAt: 1_900_000_000n });
 */
export async function offerShareRenewal(client: WriteClient, { tokenId, expireAt }: RenewParameters): Promise<Sent> {
  const receipt = await writeContract(client, 'offer the renewal', {
    ...tokenOf(client.deployment),
    functionName: 'offerShareRenewal',
    args: [tokenId, expireAt],
  });
  return sentOf(receipt);
}
