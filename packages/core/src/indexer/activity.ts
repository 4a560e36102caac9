import * as z from 'zod';
import {
  accountSchema,
  bigSchema,
  bytes32Schema,
  countSchema,
  happenedSchema,
  momentSchema,
  unitsSchema,
} from './fields.js';

/** What a live view shows. */
export const activityTypes = [
  'class',
  'policy',
  'mint',
  'purchase',
  'transfer',
  'channel-open',
  'channel-close',
  'capture',
  'usage',
  'settlement',
  'royalty',
  'claim',
  'refund',
  'withdrawal',
  'receipts',
] as const;
export type ActivityType = (typeof activityTypes)[number];

/** One thing that happened. Fields that do not apply are null. */
export const activitySchema = happenedSchema.extend({
  /** Grows with time; goes into `?since=` to hear what is newer. */
  id: z.string(),
  type: z.enum(activityTypes),
  classId: unitsSchema.nullable(),
  className: z.string().nullable(),
  tokenId: bigSchema.nullable(),
  channelId: bytes32Schema.nullable(),
  /** Who gains or acts: the holder, buyer, operator, payer or recipient. */
  account: accountSchema.nullable(),
  units: unitsSchema.nullable(),
  asset: accountSchema.nullable(),
  amount: bigSchema.nullable(),
});
export type Activity = z.output<typeof activitySchema>;

export const indexerStatusSchema = z.object({
  chainId: z.int().positive(),
  /** The newest block whose events are in the answers; null before the first. */
  indexed: z.object({ blockNumber: countSchema, at: momentSchema }).nullable(),
  /** The chain's newest block; null while its node does not answer. */
  head: z.object({ blockNumber: countSchema, at: momentSchema }).nullable(),
  /** Blocks between both; null while either is unknown. */
  lag: countSchema.nullable(),
  /** All blocks that were there when it started are indexed. */
  ready: z.boolean(),
  counts: z.object({
    classes: countSchema,
    tokens: countSchema,
    channels: countSchema,
    receiptRoots: countSchema,
    accruals: countSchema,
  }),
});
export type IndexerStatus = z.output<typeof indexerStatusSchema>;
