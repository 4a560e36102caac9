import { type Address, type Contributor, type Hex } from '@kedge/core';
import type { Sent, WriteClient } from '../client.js';
import { contributorRootsOf } from '../contracts.js';
import { eventArgs } from '../eventsOf.js';
import { newContributorTree } from '../newContributorTree.js';
import { sentOf, writeContract } from '../writeContract.js';

export type SetContributorsParameters = {
  readonly tokenId: bigint;
  readonly contributors: readonly Contributor[];
  /** Where the content store has the list. Default: nowhere. */
  readonly cid?: string;
  /** The earlier list ends in these assets now; in others at their next settlement. Name every asset that is paid in. */
  readonly assets: readonly Address[];
};

/**
 * Sets the next list of contributors of a committed token. What was earned under earlier lists stays theirs (R24).
 *
 * @throws BaseError `contributors_invalid`, `ContributorRootsNotController`, `ContributorRootsNotCommitted`.
 *
 * @example
 * const { epoch } = await setContributors(client, { tokenId, contributors, assets: [zeroAddress] });
 */
export async function setContributors(
  client: WriteClient,
  { tokenId, contributors, cid = '', assets }: SetContributorsParameters,
): Promise<Sent & { readonly epoch: number; readonly root: Hex; readonly totalWeight: bigint }> {
  const { root, totalWeight } = newContributorTree(contributors);
  const roots = contributorRootsOf(client.deployment);
  const receipt = await writeContract(client, 'set the contributors of the token', {
    ...roots,
    functionName: 'setRoot',
    args: [tokenId, { root, totalWeight, cid }, assets],
  });
  const set = eventArgs(roots, receipt, 'ContributorRootSet');
  return { ...sentOf(receipt), epoch: set.epoch, root, totalWeight };
}
