import type { ReadClient } from '../client.js';
import { valuePlansOf } from '../contracts.js';
import { reading } from '../reading.js';

export type PlanView = {
  readonly open: boolean;
  /** Base units left. */
  readonly supply: bigint;
  readonly minUnits: bigint;
  readonly exact: boolean;
  /** Seconds from the purchase; 0: for ever. */
  readonly duration: number;
  /** Unix seconds; 0: none. */
  readonly expireAt: bigint;
  /** The step of a schedule that must be sold out first. */
  readonly lotBefore?: number;
};

/**
 * How a lot is sold by the deployment's ValuePlans.
 *
 * @example
 * const { open, supply } = await getPlan(client, { classId, lot });
 */
export async function getPlan(
  client: ReadClient,
  { classId, lot }: { readonly classId: bigint; readonly lot: number },
): Promise<PlanView> {
  const [plan, lotBefore] = await reading(client, 'read the plan of the lot', (chain) =>
    chain.readContract({ ...valuePlansOf(client.deployment), functionName: 'planOf', args: [classId, lot] }),
  );
  return {
    open: plan.minUnits !== 0n,
    ...plan,
    expireAt: BigInt(plan.expireAt),
    ...(lotBefore === 0 ? {} : { lotBefore }),
  };
}
