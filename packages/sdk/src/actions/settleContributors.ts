import { zeroAddress, type Address } from '@kedge/core';
import type { Sent, WriteClient } from '../client.js';
import { contributorRootsOf } from '../contracts.js';
import { eventsOf } from '../eventsOf.js';
import { sentOf, writeContract } from '../writeContract.js';

export type SettleContributorsParameters = {
  readonly tokenId: bigint;
  /** Zero address (default): ETH. */
  readonly asset?: Address;
};

/**
 * Brings in what a committed token has earned, for its contributors to claim. Anyone may call.
 *
 * @throws BaseError `ContributorRootsNotCommitted`.
 *
 * @example
 * const { amount } = await settleContributors(client, { tokenId });
 */
export async function settleContributors(
  client: WriteClient,
  { tokenId, asset = zeroAddress }: SettleContributorsParameters,
): Promise<Sent & { readonly amount: bigint }> {
  const roots = contributorRootsOf(client.deployment);
  const receipt = await writeContract(client, 'settle the revenue of the contributors', {
    ...roots,
    functionName: 'settle',
    args: [tokenId, asset],
  });
  const events = eventsOf(roots, receipt.logs, 'ContributorsSettled');
  return { ...sentOf(receipt), amount: events[0]?.args.amount ?? 0n };
}
