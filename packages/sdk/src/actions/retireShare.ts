import type { Sent, WriteClient } from '../client.js';
import { tokenOf } from '../contracts.js';
import { eventArgs } from '../eventsOf.js';
import { sentOf, writeContract } from '../writeContract.js';

/**
 * Ends the share of the wallet's own token for ever. What it earned stays claimable; the other shares earn more from now on.
 *
 * @throws BaseError `ERC8028Unauthorized`, `DATNoActiveShare`.
 *
 * @returns The weight that left, and what is left in the class.
 *
 * @example
 * const { totalShare } = await retireShare(client, { tokenId });
 */
export async function retireShare(
  client: WriteClient,
  { tokenId }: { readonly tokenId: bigint },
): Promise<Sent & { readonly share: bigint; readonly totalShare: bigint }> {
  const token = tokenOf(client.deployment);
  const receipt = await writeContract(client, 'retire the share', {
    ...token,
    functionName: 'retireShare',
    args: [tokenId],
  });
  const { share, totalShare } = eventArgs(token, receipt, 'ShareRetired');
  return { ...sentOf(receipt), share, totalShare };
}
