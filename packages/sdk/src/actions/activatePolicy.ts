import type { Sent, WriteClient } from '../client.js';
import { tokenOf } from '../contracts.js';
import { eventArgs } from '../eventsOf.js';
import { sentOf, writeContract } from '../writeContract.js';

/**
 * Makes the announced policy of a class the current one, once its notice is over. Anyone may.
 *
 * @throws BaseError `DATNothingAnnounced`, `DATNoticeRunning`, `ERC8028NonexistentClass`.
 *
 * @example
 * const { policyVersion } = await activatePolicy(client, { classId });
 */
export async function activatePolicy(
  client: WriteClient,
  { classId }: { readonly classId: bigint },
): Promise<Sent & { readonly policyVersion: number }> {
  const token = tokenOf(client.deployment);
  const receipt = await writeContract(client, 'activate the policy', {
    ...token,
    functionName: 'activatePolicy',
    args: [classId],
  });
  return { ...sentOf(receipt), policyVersion: eventArgs(token, receipt, 'PolicyPublished').policyVersion };
}
