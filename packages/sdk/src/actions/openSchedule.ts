import type { Sent, WriteClient } from '../client.js';
import { valuePlansOf } from '../contracts.js';
import { eventArgs } from '../eventsOf.js';
import { sentOf, writeContract } from '../writeContract.js';
import { planToAbi, type PlanTerms } from './openPlan.js';

export type OpenScheduleParameters = PlanTerms & {
  readonly classId: bigint;
  /** The cheapest lot; the others were created right after it, each dearer by the same amount. */
  readonly firstLot: number;
  /** Number of lots, 2 to 64. */
  readonly steps: number;
};

/**
 * Puts consecutive lots on sale one after the other, each once the one before is sold out: a linear bonding schedule in
 * steps. `supply` is that of each step. Whatever is bought keeps the price of its step, and is refunded at it.
 *
 * @throws BaseError `ValuePlansNotLinear`, `ValuePlansInvalidPlan`, `ValueMarketNotIssuer`, `ValueMarketNotSeller`.
 *
 * @example
 * const { slope } = await openSchedule(client, { classId, firstLot: lot, steps: 8, supply: 1_000_000n });
 */
export async function openSchedule(
  client: WriteClient,
  { classId, firstLot, steps, ...plan }: OpenScheduleParameters,
): Promise<Sent & { readonly slope: bigint }> {
  const plans = valuePlansOf(client.deployment);
  const receipt = await writeContract(client, 'open the schedule', {
    ...plans,
    functionName: 'openSchedule',
    args: [classId, firstLot, steps, planToAbi(plan)],
  });
  const { slope } = eventArgs(plans, receipt, 'ScheduleOpened');
  return { ...sentOf(receipt), slope };
}
