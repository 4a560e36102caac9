import { zeroAddress, type Address } from '@kedge/core';
import type { ReadClient } from '../client.js';
import { tokenOf } from '../contracts.js';
import { requireAsset } from '../payInto.js';
import { reading } from '../reading.js';

export type Solvency = { readonly owed: bigint; readonly held: bigint; readonly solvent: boolean };

/**
 * What the token contract owes in an asset, over all classes and accounts, and what it holds (L3).
 *
 * @param parameters `asset`: zero address (default) for ETH.
 *
 * @throws BaseError `asset_missing` for an address without code.
 *
 * @example
 * const { solvent } = await getSolvency(client);
 */
export async function getSolvency(
  client: ReadClient,
  { asset = zeroAddress }: { readonly asset?: Address } = {},
): Promise<Solvency> {
  const token = tokenOf(client.deployment);
  const [owed, held] = await reading(client, 'read the solvency', async (chain) => {
    if (asset !== zeroAddress) await requireAsset(chain, asset);
    const lastClass = await chain.readContract({ ...token, functionName: 'classCount' });
    return chain.readContract({ ...token, functionName: 'solvency', args: [asset, 1n, lastClass] });
  });
  return { owed, held, solvent: held >= owed };
}
