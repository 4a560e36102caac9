import type { Sent, WriteClient } from '../client.js';
import { capture, type CaptureOutcome } from './capture.js';
import { getRoyaltyEdges, type GetRoyaltyEdgesParameters, type RoyaltyEdges } from './getRoyaltyEdges.js';

export type CollectRoyaltiesParameters = GetRoyaltyEdgesParameters;

/** With what a later call of this has to collect. */
export type CollectRoyaltiesReturn = Sent & Pick<CaptureOutcome, 'royalties'> & Pick<RoyaltyEdges, 'left'>;

/**
 * Moves royalties up a whole lineage in one transaction, at most `maxEdges` of its edges, in the order of
 * {@link getRoyaltyEdges}. Anyone may; an edge with nothing due is no error.
 *
 * @throws BaseError `ERC8028NonexistentClass`.
 *
 * @example
 * const { royalties } = await collectRoyalties(client, { classId: childClassId });
 */
export async function collectRoyalties(
  client: WriteClient,
  parameters: CollectRoyaltiesParameters,
): Promise<CollectRoyaltiesReturn> {
  const { edges, left } = await getRoyaltyEdges(client, parameters);
  // A capture of nothing collects all the same.
  const outcome = await capture(client, { items: [], edges });
  const { transactionHash, blockNumber, gasUsed, royalties } = outcome;
  return { transactionHash, blockNumber, gasUsed, royalties, left };
}
