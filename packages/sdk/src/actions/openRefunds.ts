import type { Sent, WriteClient } from '../client.js';
import { tokenOf } from '../contracts.js';
import { sentOf, writeContract } from '../writeContract.js';

export type OpenRefundsParameters = { readonly classId: bigint; readonly lot: number };

/**
 * Lets the holders of a lot refund unspent units though its terms do not: what an issuer owes them that removed an operator
 * or a model (R25). It cannot be undone, and takes nothing from anybody.
 *
 * @throws BaseError `DATNotIssuer`, `DATNonexistentLot`, `DATRefundsOpen`.
 *
 * @example
 * await openRefunds(client, { classId, lot });
 */
export async function openRefunds(client: WriteClient, { classId, lot }: OpenRefundsParameters): Promise<Sent> {
  const receipt = await writeContract(client, 'open refunds of the lot', {
    ...tokenOf(client.deployment),
    functionName: 'openRefunds',
    args: [classId, lot],
  });
  return sentOf(receipt);
}
