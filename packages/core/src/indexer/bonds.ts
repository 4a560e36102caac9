import * as z from 'zod';
import { accountSchema, bigSchema, bytes32Schema, countSchema, unitsSchema } from './fields.js';

/** A proven equivocation, and who is paid for it. */
const fraudSchema = z.object({
  channelId: bytes32Schema,
  /** Number of the window of the operator and asset that it belongs to. */
  window: countSchema,
  holder: accountSchema,
  reporter: accountSchema,
  /** What the captured units were backed with: the most that the holder is paid. */
  backing: bigSchema,
  /** Null until the window has ended and somebody asked for it. */
  paid: z.object({ holderAmount: bigSchema, reporterAmount: bigSchema }).nullable(),
});
export type IndexedFraud = z.output<typeof fraudSchema>;

/** What an operator stands in for with money, in one asset (R26). Promises and moments of contracts may exceed a number. */
export const bondSchema = z.object({
  asset: accountSchema,
  amount: bigSchema,
  /** Channels whose deadline and grace end by then are covered to their end. */
  coveredUntil: unitsSchema,
  /** Last second at which it cannot be taken back; 0 while it is not unbonding. */
  releaseAt: unitsSchema,
  slashes: z.array(
    z.object({
      window: countSchema,
      /** What was taken from the bond, and what the proven channels claim of it. */
      pot: bigSchema,
      claims: bigSchema,
      endsAt: unitsSchema,
      proofs: countSchema,
      /** What nobody had a claim to; null until it is burned. */
      burned: bigSchema.nullable(),
    }),
  ),
  frauds: z.array(fraudSchema),
});
export type IndexedBond = z.output<typeof bondSchema>;
