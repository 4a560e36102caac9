import type { Address } from '@kedge/core';
import type { ReadClient } from '../client.js';
import { tokenOf } from '../contracts.js';
import { reading } from '../reading.js';
import { scopeOf, type UsageScope } from './approveUsage.js';

export type GetUsageAllowanceParameters = UsageScope & { readonly owner: Address; readonly operator: Address };

/**
 * What is left of an allowance for use (P13), and its last second, 0 for ever. Past that second its units count for nothing.
 *
 * @example
 * const { units } = await getUsageAllowance(client, { tokenId, owner, operator });
 */
export async function getUsageAllowance(
  client: ReadClient,
  parameters: GetUsageAllowanceParameters,
): Promise<{ readonly units: bigint; readonly expireAt: bigint }> {
  const { owner, operator } = parameters;
  const args = [owner, scopeOf(parameters), operator] as const;
  const [units, expireAt] = await reading(client, 'read the allowance', (chain) =>
    chain.readContract({ ...tokenOf(client.deployment), functionName: 'usageAllowance', args }),
  );
  return { units, expireAt };
}
