import type { Sent, WriteClient } from '../client.js';
import { contributorRootsOf } from '../contracts.js';
import { sentOf, writeContract } from '../writeContract.js';

/**
 * Gives up the right to set lists of a committed token: its newest list is the last, for ever (R24).
 *
 * @throws BaseError `ContributorRootsNotController`.
 *
 * @example
 * await renounceContributorControl(client, { tokenId });
 */
export async function renounceContributorControl(
  client: WriteClient,
  { tokenId }: { readonly tokenId: bigint },
): Promise<Sent> {
  const receipt = await writeContract(client, 'give up the control of the contributors', {
    ...contributorRootsOf(client.deployment),
    functionName: 'renounceControl',
    args: [tokenId],
  });
  return sentOf(receipt);
}
