import { zeroAddress, type Address } from '@kedge/core';
import type { ReadClient } from '../client.js';
import { operatorBondOf } from '../contracts.js';
import { reading } from '../reading.js';

export type BondView = {
  /** Smallest units of the asset that can be slashed. */
  readonly amount: bigint;
  /** Unix seconds. A channel whose deadline and grace end by then is covered to its end; 0: nothing is promised. */
  readonly coveredUntil: bigint;
  /** Unix seconds after which it may be taken back. Absent while it was not asked back. */
  readonly releaseAt?: bigint;
  /** How often it was slashed. */
  readonly windows: number;
};

/**
 * An operator's bond in one asset (R26). Look at it before a channel is opened: `coveredUntil` must not be before the
 * channel's deadline and grace.
 *
 * @param parameters `asset`: zero address (default) for ETH.
 *
 * @example
 * const { amount, coveredUntil } = await getBond(client, { operator });
 */
export async function getBond(
  client: ReadClient,
  { operator, asset = zeroAddress }: { readonly operator: Address; readonly asset?: Address },
): Promise<BondView> {
  const bond = operatorBondOf(client.deployment);
  return reading(client, 'read the bond', async (chain) => {
    const [{ amount, coveredUntil, releaseAt }, windows] = await Promise.all([
      chain.readContract({ ...bond, functionName: 'bondOf', args: [operator, asset] }),
      chain.readContract({ ...bond, functionName: 'windowCount', args: [operator, asset] }),
    ]);
    return { amount, coveredUntil, ...(releaseAt === 0n ? {} : { releaseAt }), windows };
  });
}
