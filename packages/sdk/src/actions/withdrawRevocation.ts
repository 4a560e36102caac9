import type { Sent, WriteClient } from '../client.js';
import { tokenOf } from '../contracts.js';
import { sentOf, writeContract } from '../writeContract.js';

/**
 * Gives the revocation of a token of the wallet's own class up.
 *
 * @throws BaseError `DATNotIssuer`, `DATNothingRevoked`.
 *
 * @example
 * await withdrawRevocation(client, { tokenId });
 */
export async function withdrawRevocation(
  client: WriteClient,
  { tokenId }: { readonly tokenId: bigint },
): Promise<Sent> {
  const receipt = await writeContract(client, 'withdraw the revocation', {
    ...tokenOf(client.deployment),
    functionName: 'withdrawRevocation',
    args: [tokenId],
  });
  return sentOf(receipt);
}
