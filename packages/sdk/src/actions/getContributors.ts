import { BaseError, isSameAddress, zeroAddress, type Address, type Hex } from '@kedge/core';
import type { ReadClient } from '../client.js';
import { contributorRootsOf } from '../contracts.js';
import { reading } from '../reading.js';

export type ContributorsView = {
  /** Owns the token. */
  readonly vault: Address;
  /** May set the next list; absent where nobody may any more. */
  readonly controller?: Address;
  readonly pendingController?: Address;
  /** Number of lists so far; the last is in force. */
  readonly epoch: number;
  readonly root: Hex;
  readonly totalWeight: bigint;
  /** The vault's token that has the share now: the committed one until its share was renewed. */
  readonly shareTokenId: bigint;
};

/**
 * A committed token's vault, controller, newest root, and where its share is.
 *
 * @throws BaseError `ContributorRootsNotCommitted`.
 *
 * @example
 * const { epoch, root } = await getContributors(client, { tokenId });
 */
export async function getContributors(
  client: ReadClient,
  { tokenId }: { readonly tokenId: bigint },
): Promise<ContributorsView> {
  const roots = contributorRootsOf(client.deployment);
  return reading(client, 'read the contributors of the token', async (chain) => {
    const found = await chain.readContract({ ...roots, functionName: 'commitmentOf', args: [tokenId] });
    const { vault, controller, pendingController, epoch } = found;
    if (epoch === 0) {
      throw new BaseError(`Token ${tokenId} is not committed to contributors.`, {
        code: 'ContributorRootsNotCommitted',
        values: { tokenId },
        hints: ['Its holder does so with commitContributors.'],
      });
    }
    const [[root, totalWeight], shareTokenId] = await Promise.all([
      chain.readContract({ ...roots, functionName: 'rootOf', args: [tokenId, epoch] }),
      chain.readContract({ ...roots, functionName: 'shareTokenOf', args: [tokenId] }),
    ]);
    return {
      vault,
      ...(isSameAddress(controller, zeroAddress) ? {} : { controller }),
      ...(isSameAddress(pendingController, zeroAddress) ? {} : { pendingController }),
      epoch,
      root,
      totalWeight,
      shareTokenId,
    };
  });
}
