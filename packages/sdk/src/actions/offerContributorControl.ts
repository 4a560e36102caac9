import type { Address } from '@kedge/core';
import type { Sent, WriteClient } from '../client.js';
import { contributorRootsOf } from '../contracts.js';
import { sentOf, writeContract } from '../writeContract.js';

/**
 * Offers the right to set lists of a committed token; it moves only when accepted, and no revenue with it (R24).
 *
 * @throws BaseError `ContributorRootsNotController`, `ContributorRootsNotCommitted`.
 *
 * @example
 * await offerContributorControl(client, { tokenId, to: collective });
 */
export async function offerContributorControl(
  client: WriteClient,
  { tokenId, to }: { readonly tokenId: bigint; readonly to: Address },
): Promise<Sent> {
  const receipt = await writeContract(client, 'offer the control of the contributors', {
    ...contributorRootsOf(client.deployment),
    functionName: 'transferControl',
    args: [tokenId, to],
  });
  return sentOf(receipt);
}
