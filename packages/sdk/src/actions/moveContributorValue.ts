import type { Sent, WriteClient } from '../client.js';
import { contributorRootsOf } from '../contracts.js';
import { sentOf, writeContract } from '../writeContract.js';

export type MoveContributorValueParameters = {
  readonly tokenId: bigint;
  /** A token of the same lot. */
  readonly toTokenId: bigint;
  /** Base units. */
  readonly units: bigint;
};

/**
 * Moves value of a committed token, as its controller: contributors share revenue, and have no part in value that the token
 * had or was given.
 *
 * @throws BaseError `ContributorRootsNotController`, `ContributorRootsNotCommitted`; those of `transferValue`.
 *
 * @example
 * await moveContributorValue(client, { tokenId, toTokenId: otherTokenId, units: 1n });
 */
export async function moveContributorValue(
  client: WriteClient,
  { tokenId, toTokenId, units }: MoveContributorValueParameters,
): Promise<Sent> {
  const receipt = await writeContract(client, 'move the value of the committed token', {
    ...contributorRootsOf(client.deployment),
    functionName: 'moveValue',
    args: [tokenId, toTokenId, units],
  });
  return sentOf(receipt);
}
