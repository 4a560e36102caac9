import type { Sent, WriteClient } from '../client.js';
import { contributorRootsOf } from '../contracts.js';
import { sentOf, writeContract } from '../writeContract.js';

/**
 * Takes over the right to set lists of a committed token that was offered to the wallet (R24).
 *
 * @throws BaseError `ContributorRootsNotPendingController`.
 *
 * @example
 * await acceptContributorControl(client, { tokenId });
 */
export async function acceptContributorControl(
  client: WriteClient,
  { tokenId }: { readonly tokenId: bigint },
): Promise<Sent> {
  const receipt = await writeContract(client, 'accept the control of the contributors', {
    ...contributorRootsOf(client.deployment),
    functionName: 'acceptControl',
    args: [tokenId],
  });
  return sentOf(receipt);
}
