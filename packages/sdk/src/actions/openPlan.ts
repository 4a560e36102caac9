import type { Sent, WriteClient } from '../client.js';
import { valuePlansOf } from '../contracts.js';
import { sentOf, writeContract } from '../writeContract.js';

/** How a lot is sold, beside its price, which is the lot's and never changes (R1). */
export type PlanTerms = {
  /** Base units for sale. */
  readonly supply: bigint;
  /** Fewest base units of one purchase: what makes a lot a tier. Default 1. */
  readonly minUnits?: bigint;
  /** A purchase is of exactly `minUnits`: a pass. Default false. */
  readonly exact?: boolean;
  /** Seconds that a token is valid from its purchase: a subscription. Default: for ever. */
  readonly duration?: number;
  /** Last second of every token sold, Unix time. The earlier of both counts. Default: none. */
  readonly expireAt?: bigint;
};

export type OpenPlanParameters = PlanTerms & { readonly classId: bigint; readonly lot: number };

/**
 * Puts a lot on sale as a tier, a subscription or a pass, or changes its plan. The lot must name the deployment's
 * ValuePlans as its seller. It is bought with `buyValue`.
 *
 * @throws BaseError `ValueMarketNotIssuer`, `ValueMarketNotSeller`, `ValuePlansInvalidPlan`, `contract_missing` where the
 * deployment is older.
 *
 * @example
 * await openPlan(client, { classId, lot, supply: 1_000_000n, duration: 30 * 86_400 });
 */
export async function openPlan(client: WriteClient, { classId, lot, ...plan }: OpenPlanParameters): Promise<Sent> {
  const receipt = await writeContract(client, 'put the lot on sale under the plan', {
    ...valuePlansOf(client.deployment),
    functionName: 'openPlan',
    args: [classId, lot, planToAbi(plan)],
  });
  return sentOf(receipt);
}

/** A plan as the contract's ABI takes it. */
export function planToAbi({ supply, minUnits = 1n, exact = false, duration = 0, expireAt = 0n }: PlanTerms) {
  return { supply, minUnits, exact, duration, expireAt: Number(expireAt) };
}
