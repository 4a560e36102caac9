import { zeroAddress, type Address } from '@kedge/core';
import type { Sent, WriteClient } from '../client.js';
import { tokenOf } from '../contracts.js';
import { reading } from '../reading.js';
import { capture, type CaptureOutcome, type RoyaltyEdge } from './capture.js';

export type CollectRoyaltiesParameters = {
  /** The class whose royalties are to reach its ancestors. */
  readonly classId: bigint;
  /** Zero address (default): ETH. */
  readonly asset?: Address;
  /** At most so many edges, 64 where it is not given: an edge costs up to 80,000 gas. */
  readonly maxEdges?: number;
};

export type CollectRoyaltiesReturn = Sent &
  Pick<CaptureOutcome, 'royalties'> & {
    /** Edges beyond the bound, from the youngest class down: what a later call of this has to collect. */
    readonly left: readonly RoyaltyEdge[];
  };

/**
 * Moves royalties up a whole lineage in one transaction, at most `maxEdges` of its edges: each class is paid by all its
 * children before it pays its parents, so that what an ancestor is due arrives at once (R19). Anyone may; an edge with
 * nothing due is no error.
 *
 * @throws BaseError `ERC8028NonexistentClass`.
 *
 * @example
 * const { royalties } = await collectRoyalties(client, { classId: agentClassId });
 */
export async function collectRoyalties(
  client: WriteClient,
  { classId, asset = zeroAddress, maxEdges = 64 }: CollectRoyaltiesParameters,
): Promise<CollectRoyaltiesReturn> {
  const edges: RoyaltyEdge[] = [];
  const ancestors = new Set([classId]);
  // A parent is older than its children and has a smaller number, so the youngest that is left has all its payers behind it.
  while (ancestors.size > 0 && edges.length <= maxEdges) {
    const youngest = [...ancestors].reduce((a, b) => (a > b ? a : b));
    ancestors.delete(youngest);
    const parents = await reading(client, 'read the lineage', (chain) =>
      chain.readContract({ ...tokenOf(client.deployment), functionName: 'parentsOf', args: [youngest] }),
    );
    for (const [index, parent] of parents.entries()) {
      if (parent.royaltyBps > 0) edges.push({ classId: youngest, parentIndex: BigInt(index), asset });
      ancestors.add(parent.classId);
    }
  }
  // A capture of nothing collects all the same.
  const outcome = await capture(client, { items: [], edges: edges.slice(0, maxEdges) });
  const { transactionHash, blockNumber, gasUsed, royalties } = outcome;
  return { transactionHash, blockNumber, gasUsed, royalties, left: edges.slice(maxEdges) };
}
