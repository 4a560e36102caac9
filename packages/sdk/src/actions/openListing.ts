import type { Sent, WriteClient } from '../client.js';
import { marketOf } from '../contracts.js';
import { sentOf, writeContract } from '../writeContract.js';

export type OpenListingParameters = {
  readonly classId: bigint;
  readonly lot: number;
  /** Base units for sale. */
  readonly supply: bigint;
  /** Expiry of every token sold, Unix seconds. Default: none. */
  readonly expireAt?: bigint;
};

/**
 * Puts a lot on sale at its fixed price, or changes its supply and expiry.
 *
 * @throws BaseError `ValueMarketNotIssuer`, `ValueMarketNotSeller`, `DATNonexistentLot`.
 *
 * @example
 * await openListing(client, { classId, lot, supply: 1_000_000n });
 */
export async function openListing(client: WriteClient, parameters: OpenListingParameters): Promise<Sent> {
  const { classId, lot, supply, expireAt = 0n } = parameters;
  const receipt = await writeContract(client, 'put the lot on sale', {
    ...marketOf(client.deployment),
    functionName: 'openListing',
    args: [classId, lot, supply, expireAt],
  });
  return sentOf(receipt);
}
