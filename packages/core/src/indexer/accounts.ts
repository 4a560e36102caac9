import * as z from 'zod';
import { bondSchema } from './bonds.js';
import { receiptRootSchema } from './channels.js';
import { accountSchema, bigSchema, countSchema, happenedSchema, trendSchema, unitsSchema } from './fields.js';
import { shareStates } from './tokens.js';

/** What one token earned in one asset. */
const tokenEarningsSchema = z.object({
  tokenId: bigSchema,
  classId: unitsSchema,
  className: z.string().nullable(),
  share: unitsSchema,
  shareState: z.enum(shareStates),
  asset: accountSchema,
  /** Since the token was minted, whoever held it. */
  earned: bigSchema,
  claimed: bigSchema,
  claimable: bigSchema,
});
export type TokenEarnings = z.output<typeof tokenEarningsSchema>;

export const earningsSchema = z.object({
  account: accountSchema,
  /**
   * For each asset, whatever page it is: what all its tokens can claim, and how many of them can; what was paid to the account for
   * tokens or as a contributor, and what it may withdraw as operator.
   */
  totals: z.array(
    z.object({
      asset: accountSchema,
      claimable: bigSchema,
      claimableCount: countSchema,
      claimed: bigSchema,
      owed: bigSchema,
    }),
  ),
  /** A page of them: what earned in ETH before what earned in other assets, and what can claim more before what less. */
  tokens: z.array(tokenEarningsSchema),
  /** Where the next page of tokens begins; null after the last. */
  next: z.string().nullable(),
});
export type Earnings = z.output<typeof earningsSchema>;

/** A transaction in which an operator anchored a root, and what it captured there. */
export const operatorBatchSchema = receiptRootSchema.extend({
  captures: countSchema,
  units: bigSchema,
});
export type OperatorBatch = z.output<typeof operatorBatchSchema>;

export const operatorSchema = z.object({
  operator: accountSchema,
  openChannels: countSchema,
  channelCount: countSchema,
  capturedUnits: bigSchema,
  captureCount: countSchema,
  receiptRootCount: countSchema,
  /** Operator's cuts: ever earned, and not yet withdrawn. */
  cuts: z.array(z.object({ asset: accountSchema, earned: bigSchema, owed: bigSchema })),
  bonds: z.array(bondSchema),
  /** Units captured, and the operator's cuts, a minute each. */
  trend: trendSchema,
});
export type Operator = z.output<typeof operatorSchema>;

export const approvalSchema = happenedSchema.extend({
  owner: accountSchema,
  operator: accountSchema,
  /** `class`: everything in the class (the draft's); `usage`: recording use, in a class or on one token (P13). */
  kind: z.enum(['class', 'usage']),
  /** A class id, or, above 2^64, a token id. */
  scope: bigSchema,
  approved: z.boolean(),
  /** Units left and last valid second, 0 for ever; null for a class approval. */
  units: unitsSchema.nullable(),
  expireAt: unitsSchema.nullable(),
});
export type Approval = z.output<typeof approvalSchema>;
