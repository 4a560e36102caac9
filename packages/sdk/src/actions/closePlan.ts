import type { Sent, WriteClient } from '../client.js';
import { valuePlansOf } from '../contracts.js';
import { sentOf, writeContract } from '../writeContract.js';

/**
 * Ends the sale of a lot by its plan. The later steps of its schedule are not reached until it is opened and sold out.
 *
 * @throws BaseError `ValueMarketNotIssuer`, `ValueMarketNotListed`.
 *
 * @example
 * await closePlan(client, { classId, lot });
 */
export async function closePlan(
  client: WriteClient,
  { classId, lot }: { readonly classId: bigint; readonly lot: number },
): Promise<Sent> {
  const receipt = await writeContract(client, 'end the sale of the lot', {
    ...valuePlansOf(client.deployment),
    functionName: 'closePlan',
    args: [classId, lot],
  });
  return sentOf(receipt);
}
