import { zeroAddress, type Address, type ContributorProof } from '@kedge/core';
import type { Sent, WriteClient } from '../client.js';
import { contributorRootsOf } from '../contracts.js';
import { eventsOf } from '../eventsOf.js';
import { sentOf, writeContract } from '../writeContract.js';

export type ClaimContributionParameters = {
  readonly tokenId: bigint;
  /** The list that the proof is of; lists count from 1. */
  readonly epoch: number;
  /** Zero address (default): ETH. */
  readonly asset?: Address;
  /** What `proofOf` of `contributorTree` answers. */
  readonly leaf: ContributorProof;
  /** Default: the contributor. Who is not the contributor may only pay it. */
  readonly to?: Address;
};

/**
 * Pays a contributor what its leaf earned under one list and has not received (R24). Settle first: only what was settled
 * is paid. Claiming twice pays once.
 *
 * @throws BaseError `ContributorRootsWrongProof`, `ContributorRootsUnauthorized`, `DATPaymentFailed`.
 *
 * @example
 * const leaf = contributorTree(contributors, keccak256).proofOf(0);
 * const { amount } = await claimContribution(client, { tokenId, epoch: 1, leaf });
 */
export async function claimContribution(
  client: WriteClient,
  { tokenId, epoch, asset = zeroAddress, leaf, to = leaf.account }: ClaimContributionParameters,
): Promise<Sent & { readonly amount: bigint }> {
  const { index, account, weight, proof } = leaf;
  const roots = contributorRootsOf(client.deployment);
  const receipt = await writeContract(client, 'claim as a contributor', {
    ...roots,
    functionName: 'claim',
    args: [{ tokenId, epoch, asset, index, account, weight }, proof, to],
  });
  const events = eventsOf(roots, receipt.logs, 'ContributionClaimed');
  return { ...sentOf(receipt), amount: events[0]?.args.amount ?? 0n };
}
