import { zeroAddress, type Address } from '@kedge/core';
import type { ReadClient } from '../client.js';
import { tokenOf } from '../contracts.js';
import { reading } from '../reading.js';

/**
 * What an account may withdraw, in smallest units of the asset: an operator's cut, a beneficiary's orphan revenue,
 * the backing of units that were revoked.
 *
 * @param parameters `asset`: zero address (default) for ETH.
 *
 * @example
 * const wei = await getOwed(client, { account: operator });
 */
export async function getOwed(
  client: ReadClient,
  { account, asset = zeroAddress }: { readonly account: Address; readonly asset?: Address },
): Promise<bigint> {
  return reading(client, 'read what is owed', (chain) =>
    chain.readContract({ ...tokenOf(client.deployment), functionName: 'owedTo', args: [account, asset] }),
  );
}
