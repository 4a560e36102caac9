import { zeroAddress, type Address } from '@kedge/core';
import type { Sent, WriteClient } from '../client.js';
import { operatorBondOf } from '../contracts.js';
import { sentOf, writeContract } from '../writeContract.js';

/**
 * Keeps a bond that was asked back.
 *
 * @param parameters `asset`: zero address (default) for ETH.
 *
 * @throws BaseError `OperatorBondUnbonding` where it was not asked back.
 *
 * @example
 * await cancelUnbonding(client);
 */
export async function cancelUnbonding(
  client: WriteClient,
  { asset = zeroAddress }: { readonly asset?: Address } = {},
): Promise<Sent> {
  const receipt = await writeContract(client, 'keep the bond', {
    ...operatorBondOf(client.deployment),
    functionName: 'cancelUnbonding',
    args: [asset],
  });
  return sentOf(receipt);
}
