import { isSameAddress } from '@kedge/core';
import type { LotView, PlanView } from '@kedge/sdk';
import type { Connection } from './connect.js';

/** A lot as it is sold. */
export type Offer = LotView & {
  /** Of a tier, a pass, a subscription or a step; absent where the market sells the lot at its price, and no more is to it. */
  readonly plan?: PlanView & {
    /** The step of the schedule whose turn it is, the lot's own where its turn has come; and whether that one is on sale. */
    readonly currentLot: number;
    readonly currentOpen: boolean;
  };
};

type OneLot = { readonly classId: bigint; readonly lot: number };
/** Plans of one class by their lots: each step of a schedule asks for those before it. */
export type PlansRead = Map<number, Promise<PlanView>>;

/** A lot, and its plan where it has one. Who reads several of a class gives all of them the same `plans`. */
export async function readOffer(
  { client, contracts }: Connection,
  { classId, lot }: OneLot,
  plans: PlansRead = new Map(),
): Promise<Offer> {
  const planOf = (one: number): Promise<PlanView> => {
    const plan = plans.get(one) ?? client.getPlan({ classId, lot: one });
    plans.set(one, plan);
    return plan;
  };
  const terms = await client.getLot({ classId, lot });
  const seller = contracts.ValuePlans;
  if (seller === undefined || !isSameAddress(terms.seller, seller)) return terms;
  const currentLot = await currentStep(lot, planOf);
  return { ...terms, plan: { ...(await planOf(lot)), currentLot, currentOpen: (await planOf(currentLot)).open } };
}

/** A step is sold once the one before it is sold out, so the first that is not, from the last one back, is sold now. */
async function currentStep(lot: number, planOf: (lot: number) => Promise<PlanView>): Promise<number> {
  const { lotBefore } = await planOf(lot);
  if (lotBefore === undefined) return lot;
  const before = await planOf(lotBefore);
  return before.open && before.supply < before.minUnits ? lot : currentStep(lotBefore, planOf);
}

/** Whether anything of it can be bought now. */
export function isSoldNow({ lot, listing, plan }: Offer): boolean {
  if (!listing.open || listing.supply < (plan?.minUnits ?? 1n)) return false;
  return plan === undefined || plan.currentLot === lot;
}
