import type { Sent, WriteClient } from '../client.js';
import { tokenOf } from '../contracts.js';
import { sentOf, writeContract } from '../writeContract.js';

/**
 * Takes over the issuer role of a class that was offered to the wallet (P16). What was sold and earned stays as it is.
 *
 * @throws BaseError `DATNotPendingIssuer`, `ERC8028NonexistentClass`.
 *
 * @example
 * await acceptIssuer(client, { classId });
 */
export async function acceptIssuer(client: WriteClient, { classId }: { readonly classId: bigint }): Promise<Sent> {
  const receipt = await writeContract(client, 'accept the issuer role', {
    ...tokenOf(client.deployment),
    functionName: 'acceptIssuer',
    args: [classId],
  });
  return sentOf(receipt);
}
