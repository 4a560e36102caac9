import { isSameAddress, type Address, type Contributor, type Hex } from '@kedge/core';
import type { Sent, WriteClient } from '../client.js';
import { contributorRootsOf, tokenOf } from '../contracts.js';
import { eventArgs } from '../eventsOf.js';
import { newContributorTree } from '../newContributorTree.js';
import { reading } from '../reading.js';
import { refusalOf, sentOf, writeContract } from '../writeContract.js';

export type CommitContributorsParameters = {
  /** A token with a share. It belongs to its contributors from then on, for ever; its value stays the controller's to move. */
  readonly tokenId: bigint;
  readonly contributors: readonly Contributor[];
  /** Where the content store has the list, for the contributors' proofs. Default: nowhere. */
  readonly cid?: string;
  /** What the token earned before in these is paid to its holder first. Default: none; it is the contributors'. */
  readonly assets?: readonly Address[];
};

export type CommitContributorsReturn = Sent & {
  /** Owns the token from now on. */
  readonly vault: Address;
  readonly root: Hex;
  readonly totalWeight: bigint;
};

/**
 * Gives all that a share token will earn to a list of contributors (R24). It cannot be undone: what the wallet keeps is
 * the right to set later lists, with {@link setContributors}. Approves the contract for this one token first.
 *
 * @throws BaseError `contributors_invalid`, `ContributorRootsNotOwner`, `ContributorRootsNoShare`,
 * `ContributorRootsShareExpired`, `ContributorRootsRevocationPending`, `contract_missing` where the deployment is older.
 *
 * @example
 * const { root } = await commitContributors(client, { tokenId, contributors: [{ account: contributor, weight: 3n }] });
 */
export async function commitContributors(
  client: WriteClient,
  { tokenId, contributors, cid = '', assets = [] }: CommitContributorsParameters,
): Promise<CommitContributorsReturn> {
  const { root, totalWeight } = newContributorTree(contributors);
  const roots = contributorRootsOf(client.deployment);
  const token = tokenOf(client.deployment);
  const approved = await reading(client, 'read the approval of the token', (chain) =>
    chain.readContract({ ...token, functionName: 'getApproved', args: [tokenId] }),
  );
  const call = { ...roots, functionName: 'commit', args: [tokenId, { root, totalWeight, cid }, assets] } as const;
  const doing = 'commit the token to its contributors';
  if (!isSameAddress(approved, roots.address)) {
    // The token is moved last: what else is in the way is refused before that, and before the approval.
    const refusal = await refusalOf(client, doing, call);
    if (refusal?.code?.startsWith('ContributorRoots')) throw refusal;
    await writeContract(client, 'approve the commitment of the token', {
      ...token,
      functionName: 'approve',
      args: [roots.address, tokenId],
    });
  }
  const receipt = await writeContract(client, doing, call);
  const committed = eventArgs(roots, receipt, 'ContributorsCommitted');
  return { ...sentOf(receipt), vault: committed.vault, root, totalWeight };
}
