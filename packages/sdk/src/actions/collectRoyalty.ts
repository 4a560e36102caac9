import { zeroAddress, type Address } from '@kedge/core';
import type { Sent, WriteClient } from '../client.js';
import { tokenOf } from '../contracts.js';
import { eventsOf } from '../eventsOf.js';
import { sentOf, writeContract } from '../writeContract.js';

export type CollectRoyaltyParameters = {
  /** The child, whose revenue the royalty is of. */
  readonly classId: bigint;
  /** Which of its parents, from 0. */
  readonly parentIndex: bigint;
  /** Zero address (default): ETH. */
  readonly asset?: Address;
};

/**
 * Moves what a child owes on one edge into the parent's revenue. Anyone may; nothing due is no error (R19).
 *
 * @throws BaseError `DATNonexistentParent`, `ERC8028NonexistentClass`.
 *
 * @example
 * const { amount } = await collectRoyalty(client, { classId: childClassId, parentIndex: 0n });
 */
export async function collectRoyalty(
  client: WriteClient,
  { classId, parentIndex, asset = zeroAddress }: CollectRoyaltyParameters,
): Promise<Sent & { readonly amount: bigint }> {
  const token = tokenOf(client.deployment);
  const receipt = await writeContract(client, 'collect the royalty', {
    ...token,
    functionName: 'collectRoyalty',
    args: [classId, parentIndex, asset],
  });
  const events = eventsOf(token, receipt.logs, 'RoyaltyCollected');
  return { ...sentOf(receipt), amount: events[0]?.args.amount ?? 0n };
}
