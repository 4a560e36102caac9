import type { Sent, WriteClient } from '../client.js';
import { tokenOf } from '../contracts.js';
import { sentOf, writeContract } from '../writeContract.js';

/**
 * Ends the minting of shares of a class, for ever: from this block on nobody's part is diluted (P17).
 *
 * @throws BaseError `DATNotIssuer`, `DATSharesFrozen` where it has ended before.
 *
 * @example
 * await freezeShares(client, { classId });
 */
export async function freezeShares(client: WriteClient, { classId }: { readonly classId: bigint }): Promise<Sent> {
  const receipt = await writeContract(client, 'freeze the shares', {
    ...tokenOf(client.deployment),
    functionName: 'freezeShares',
    args: [classId],
  });
  return sentOf(receipt);
}
