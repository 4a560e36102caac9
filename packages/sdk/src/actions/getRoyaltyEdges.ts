import { BaseError, zeroAddress, type Address } from '@kedge/core';
import type { ReadClient } from '../client.js';
import { tokenOf } from '../contracts.js';
import { reading } from '../reading.js';
import type { RoyaltyEdge } from './capture.js';

export type GetRoyaltyEdgesParameters = {
  /** The class whose royalties are to reach its ancestors. */
  readonly classId: bigint;
  /** Zero address (default): ETH. */
  readonly asset?: Address;
  /** At most so many edges, 64 where it is not given: an edge costs up to 80,000 gas. */
  readonly maxEdges?: number;
};

export type RoyaltyEdges = {
  readonly edges: readonly RoyaltyEdge[];
  /** Edges beyond the bound, from the youngest class down. There may be more above them. */
  readonly left: readonly RoyaltyEdge[];
};

/**
 * The edges above a class that carry a royalty, in the order in which to collect them: each class is paid by all its
 * children before it pays its parents, so that what an ancestor is due arrives at once (R19).
 *
 * @throws BaseError `ERC8028NonexistentClass`, `integer_out_of_range` for `maxEdges`.
 *
 * @example
 * const { edges } = await getRoyaltyEdges(client, { classId: childClassId });
 */
export async function getRoyaltyEdges(
  client: ReadClient,
  { classId, asset = zeroAddress, maxEdges = 64 }: GetRoyaltyEdgesParameters,
): Promise<RoyaltyEdges> {
  // With one that is no number it would say that nothing is above the class.
  if (!Number.isSafeInteger(maxEdges) || maxEdges < 0) {
    throw new BaseError('The number of edges is none.', {
      code: 'integer_out_of_range',
      values: { field: 'maxEdges', value: maxEdges },
      hints: ['Give a whole number from 0 on.'],
    });
  }
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
  return { edges: edges.slice(0, maxEdges), left: edges.slice(maxEdges) };
}
