import * as z from 'zod';
import { accountSchema, bigSchema, bytes32Schema, countSchema, happenedSchema, unitsSchema } from './fields.js';

/** A payment to one leaf under a contributor root (R24). */
export const contributionSchema = happenedSchema.extend({
  tokenId: bigSchema,
  asset: accountSchema,
  /** Whose leaf it is, and its place among the leaves of the epoch. */
  account: accountSchema,
  epoch: countSchema,
  index: countSchema,
  to: accountSchema,
  amount: bigSchema,
});
export type Contribution = z.output<typeof contributionSchema>;

/** A root, and what was settled for its leaves. */
const contributorEpochSchema = happenedSchema.extend({
  epoch: countSchema,
  root: bytes32Schema,
  totalWeight: unitsSchema,
  /** Where the leaves are, in the content store. */
  cid: z.string(),
  books: z.array(z.object({ asset: accountSchema, accrued: bigSchema, claimed: bigSchema })),
});
export type ContributorEpoch = z.output<typeof contributorEpochSchema>;

/** A token that was given to its contributors: its vault claims, and the leaves of each epoch share what that brings. */
export const contributorsSchema = z.object({
  vault: accountSchema,
  /** Who may set the next root; null: nobody, ever. */
  controller: accountSchema.nullable(),
  pendingController: accountSchema.nullable(),
  /** Oldest first. */
  epochs: z.array(contributorEpochSchema),
});
export type Contributors = z.output<typeof contributorsSchema>;

/**
 * What an account was paid as a contributor to one token, in one asset (R24). What it may still claim is in the leaves, which are off
 * the chain.
 */
export const contributorEarningsSchema = z.object({
  tokenId: bigSchema,
  classId: unitsSchema,
  className: z.string().nullable(),
  asset: accountSchema,
  paid: bigSchema,
  payments: countSchema,
});
export type ContributorEarnings = z.output<typeof contributorEarningsSchema>;
