import { zeroAddress, type Address, type Contributor } from '@kedge/core';
import type { ReadClient } from '../client.js';
import { contributorRootsOf, tokenOf } from '../contracts.js';
import { reading } from '../reading.js';

export type GetContributionParameters = {
  readonly tokenId: bigint;
  readonly epoch: number;
  /** Zero address (default): ETH. */
  readonly asset?: Address;
  readonly leaf: Contributor & { readonly index: number };
};

export type ContributionView = {
  /** What `claimContribution` would pay now, in smallest units of the asset. */
  readonly claimable: bigint;
  /** Whether the next settlement in this asset belongs to this list. */
  readonly open: boolean;
  /** What the token has earned and nobody has settled yet. */
  readonly unsettled: bigint;
};

/**
 * What a leaf could claim, if it is under the root of its list: no proof is checked here.
 *
 * @example
 * const leaf = contributorTree(contributors, keccak256).proofOf(0);
 * const { claimable, unsettled } = await getContribution(client, { tokenId, epoch: 1, leaf });
 */
export async function getContribution(
  client: ReadClient,
  { tokenId, epoch, asset = zeroAddress, leaf }: GetContributionParameters,
): Promise<ContributionView> {
  const roots = contributorRootsOf(client.deployment);
  const { index, account, weight } = leaf;
  const contribution = { tokenId, epoch, asset, index, account, weight };
  return reading(client, 'read what a contributor may claim', async (chain) => {
    const pendingOf = (id: bigint) =>
      chain.readContract({ ...tokenOf(client.deployment), functionName: 'pendingRevenue', args: [id, asset] });
    const [claimable, open, unsettled, shareTokenId] = await Promise.all([
      chain.readContract({ ...roots, functionName: 'claimableOf', args: [contribution] }),
      chain.readContract({ ...roots, functionName: 'openEpochOf', args: [tokenId, asset] }),
      pendingOf(tokenId),
      chain.readContract({ ...roots, functionName: 'shareTokenOf', args: [tokenId] }),
    ]);
    const renewed = shareTokenId === tokenId ? 0n : await pendingOf(shareTokenId);
    return { claimable, open: open === epoch, unsettled: unsettled + renewed };
  });
}
