import type { Sent, WriteClient } from '../client.js';
import { tokenOf } from '../contracts.js';
import { eventArgs } from '../eventsOf.js';
import { sentOf, writeContract } from '../writeContract.js';

/**
 * Turns the expired units of a token into revenue of its class, where its lot says so (P33). Anyone may.
 *
 * @throws BaseError `DATNothingToSweep`, `ERC8028NonexistentToken`.
 *
 * @returns `units`: base units that were swept; `amount`: what backed them, in smallest units of the lot's asset.
 *
 * @example
 * const { amount } = await sweepExpired(client, { tokenId });
 */
export async function sweepExpired(
  client: WriteClient,
  { tokenId }: { readonly tokenId: bigint },
): Promise<Sent & { readonly units: bigint; readonly amount: bigint }> {
  const token = tokenOf(client.deployment);
  const receipt = await writeContract(client, 'sweep the expired units', {
    ...token,
    functionName: 'sweepExpired',
    args: [tokenId],
  });
  const { units, amount } = eventArgs(token, receipt, 'ExpiredValueSwept');
  return { ...sentOf(receipt), units, amount };
}
