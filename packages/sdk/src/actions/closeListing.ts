import type { Sent, WriteClient } from '../client.js';
import { marketOf } from '../contracts.js';
import { sentOf, writeContract } from '../writeContract.js';

/**
 * Takes a lot off sale. What was bought from it stays as it is, and `openListing` puts it on sale again.
 *
 * @throws BaseError `ValueMarketNotIssuer`, `ValueMarketNotListed`.
 *
 * @example
 * await closeListing(client, { classId, lot });
 */
export async function closeListing(
  client: WriteClient,
  { classId, lot }: { readonly classId: bigint; readonly lot: number },
): Promise<Sent> {
  const receipt = await writeContract(client, 'take the lot off sale', {
    ...marketOf(client.deployment),
    functionName: 'closeListing',
    args: [classId, lot],
  });
  return sentOf(receipt);
}
