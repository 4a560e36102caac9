import * as z from 'zod';
import { classKinds } from '../token.js';
import { channelSummarySchema } from './channels.js';
import { lotSchema } from './classes.js';
import { contributorsSchema } from './contributors.js';
import {
  accountSchema,
  amountOfAssetSchema,
  bigSchema,
  countSchema,
  happenedSchema,
  momentSchema,
  unitsSchema,
} from './fields.js';

/** `pending`: waits to enter; `ended`: expired or retired, what it earned stays claimable. */
export const shareStates = ['none', 'pending', 'active', 'ended'] as const;

export const tokenSummarySchema = z.object({
  tokenId: bigSchema,
  classId: unitsSchema,
  className: z.string().nullable(),
  kind: z.enum(classKinds),
  owner: accountSchema,
  unitDecimals: countSchema,
  /** Spendable units. */
  value: unitsSchema,
  /** In channels and other modules. */
  lockedUnits: bigSchema,
  spentUnits: bigSchema,
  /** The stored revenue weight. */
  share: unitsSchema,
  shareState: z.enum(shareStates),
  /** Last second before the share earns; 0 when it never waited. */
  activateAt: momentSchema,
  /** Last valid second; 0 for ever. */
  expireAt: momentSchema,
  /** Last second of the share, where there is one: the token's, or 0 for ever where the class's shares outlive expiry (P21). */
  shareExpireAt: momentSchema,
  lot: countSchema,
  backed: z.boolean(),
  policyVersion: z.int().positive(),
  /** What `claim` would pay now; assets with nothing are left out. */
  claimable: z.array(amountOfAssetSchema),
  mintedAt: momentSchema,
});
export type TokenSummary = z.output<typeof tokenSummarySchema>;

export const claimSchema = happenedSchema.extend({
  tokenId: bigSchema,
  to: accountSchema,
  asset: accountSchema,
  amount: bigSchema,
});
export type IndexedClaim = z.output<typeof claimSchema>;

export const tokenDetailSchema = tokenSummarySchema.extend({
  /** The lot's terms; null for unbacked value. */
  lotTerms: lotSchema.nullable(),
  /** What a refund of all spendable units would pay, by R2; null for unbacked value. */
  backing: amountOfAssetSchema.nullable(),
  channels: z.array(channelSummarySchema),
  /** Newest first, a hundred at most. */
  claims: z.array(claimSchema),
  /** Null: the token was not given to contributors. */
  contributors: contributorsSchema.nullable(),
  /** Until when the issuer offers to renew the share; 0: no offer. */
  renewalOffer: momentSchema,
  /** Null: no revocation is announced or done. */
  revocation: z
    .object({
      effectiveAt: momentSchema,
      reason: z.string(),
      /** What the holder replied; null: it did not appeal. */
      statement: z.string().nullable(),
      /** When it was carried out; null: not, or not yet. */
      revokedAt: momentSchema.nullable(),
    })
    .nullable(),
});
export type TokenDetail = z.output<typeof tokenDetailSchema>;
