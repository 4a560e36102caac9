import type { Hex } from '@kedge/core';
import type { Sent, WriteClient } from '../client.js';
import { tokenOf } from '../contracts.js';
import { eventArgs, eventsOf } from '../eventsOf.js';
import { sentOf, writeContract } from '../writeContract.js';

export type PublishPolicyParameters = { readonly classId: bigint; readonly uri: string; readonly hash: Hex };

export type PublishPolicyReturn = Sent & {
  readonly policyVersion: number;
  /** Unix time from which `activatePolicy` makes it current; undefined where it is current already. */
  readonly effectiveAt: bigint | undefined;
};

/**
 * Publishes the next version of a class's policy. Value already bought keeps the version it was bought under (L10). In a
 * class with a notice period the policy is announced, in place of what was announced before.
 *
 * @throws BaseError `DATNotIssuer`, `ERC8028NonexistentClass`.
 *
 * @example
 * const { policyVersion } = await publishPolicy(client, { classId, uri, hash: policyHashOf(policy, keccak256) });
 */
export async function publishPolicy(
  client: WriteClient,
  { classId, uri, hash }: PublishPolicyParameters,
): Promise<PublishPolicyReturn> {
  const token = tokenOf(client.deployment);
  const receipt = await writeContract(client, 'publish the policy', {
    ...token,
    functionName: 'publishPolicy',
    args: [classId, uri, hash],
  });
  const [announced] = eventsOf(token, receipt.logs, 'PolicyAnnounced');
  if (announced !== undefined) {
    const { policyVersion, effectiveAt } = announced.args;
    return { ...sentOf(receipt), policyVersion, effectiveAt };
  }
  const { policyVersion } = eventArgs(token, receipt, 'PolicyPublished');
  return { ...sentOf(receipt), policyVersion, effectiveAt: undefined };
}
