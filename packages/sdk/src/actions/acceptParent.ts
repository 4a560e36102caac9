import type { Sent, WriteClient } from '../client.js';
import { tokenOf } from '../contracts.js';
import { sentOf, writeContract } from '../writeContract.js';

export type AcceptParentParameters = {
  /** The child. */
  readonly classId: bigint;
  /** Place of the parent among the child's, from 0, as `getClass` lists them. */
  readonly parentIndex: bigint;
};

/**
 * Says as the issuer of a parent that a child descends from it. It changes no money (R19).
 *
 * @throws BaseError `DATNotParentIssuer`, `DATNonexistentParent`, `ERC8028NonexistentClass`.
 *
 * @example
 * await acceptParent(client, { classId: childClassId, parentIndex: 0n });
 */
export async function acceptParent(
  client: WriteClient,
  { classId, parentIndex }: AcceptParentParameters,
): Promise<Sent> {
  const receipt = await writeContract(client, 'accept the child', {
    ...tokenOf(client.deployment),
    functionName: 'acceptParent',
    args: [classId, parentIndex],
  });
  return sentOf(receipt);
}
