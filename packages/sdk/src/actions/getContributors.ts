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
};

/**
 * A committed token's vault, controller and newest root.
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
    const [root, totalWeight] = await chain.readContract({ ...roots, functionName: 'rootOf', args: [tokenId, epoch] });
    return {
      vault,
      ...(isSameAddress(controller, zeroAddress) ? {} : { controller }),
      ...(isSameAddress(pendingController, zeroAddress) ? {} : { pendingController }),
      epoch,
      root,
      totalWeight,
    };
  });
}
