import * as z from 'zod';
import type { Address, Hex } from '../hex.js';
import { receiptRootSchema, type ReceiptRoot } from './channels.js';
import { contributionSchema, type Contribution } from './contributors.js';
import { accountSchema, bigSchema, bytes32Schema, countSchema, momentSchema, unitsSchema } from './fields.js';

/** A use that released backing. `amount` is its part of what is explained. */
export type UsePart = {
  amount: bigint;
  units: bigint;
  tokenId: bigint;
  /** The label where it is in the registry, else null. */
  metric: string | null;
  /** Who recorded it: a channel's operator, or whoever the owner approved. */
  actor: Address;
  /** Null: recorded without a channel. */
  channel: { channelId: Hex; seq: bigint; receiptHash: Hex; capturedUnits: bigint } | null;
};

/**
 * Why a class received something.
 * - `settlement`: `payer` sent it.
 * - `use`: units of a lot were spent; their backing was released. `uses` are the first of `useCount`, with `otherUses` for
 *   the rest; the calls are under `receiptRoots`.
 * - `backing`: a lot's residue, or value that expired or was burned, became revenue.
 * - `royalty`: collected from a child; `parts` say what that had received.
 */
export type Cause =
  | { type: 'settlement'; payer: Address }
  | {
      type: 'use';
      lot: number;
      operator: Address | null;
      operatorAmount: bigint;
      units: bigint;
      useCount: number;
      uses: UsePart[];
      otherUses: bigint;
      receiptRoots: ReceiptRoot[];
    }
  | { type: 'backing'; lot: number }
  | {
      type: 'royalty';
      childId: bigint;
      childName: string | null;
      royaltyBps: number;
      parts: AccrualPart[];
      earlier: Earlier;
    };

/** What older accruals contribute, where there are more than are listed. */
export type Earlier = { amount: bigint; count: number };

/** One arrival of revenue in a class, and its part of what is explained. */
export type AccrualPart = {
  /** This part, in the asset's smallest unit. All parts and `earlier` sum to the amount above them. */
  amount: bigint;
  classId: bigint;
  className: string | null;
  at: number;
  blockNumber: number;
  transactionHash: Hex;
  /** All that arrived, and its part for holders. */
  received: bigint;
  toHolders: bigint;
  /** Active share that divided it; 0 while nobody held one: it then waited for the next shares (R20). */
  totalShare: bigint;
  cause: Cause;
};

/**
 * "Why was I paid this?" The parts sum to `claimable` to the smallest unit: they are differences of the contract's own
 * cumulative, rounded-down sums. Below the first level an amount is apportioned in the same way.
 */
export type ClaimExplanation = {
  tokenId: bigint;
  classId: bigint;
  className: string | null;
  asset: Address;
  owner: Address;
  share: bigint;
  /** Up to which block. */
  blockNumber: number;
  earned: bigint;
  claimed: bigint;
  claimable: bigint;
  parts: AccrualPart[];
  earlier: Earlier;
  /** Null: what is claimed is the owner's. */
  contributors: ExplainedContributors | null;
};

/**
 * Where a token's revenue goes that was given to its contributors (R24): its vault claims it, each settlement is shared by the
 * leaves of the epoch that was open, and a leaf claims floor(accrued x weight / total weight). `claimed` of the token is what
 * the vault took; `settled` of that is the leaves', and the payments and `otherPayments` sum to `paid`.
 */
export type ExplainedContributors = {
  vault: Address;
  /** The newest root's. */
  epoch: number;
  settled: bigint;
  paid: bigint;
  payments: Contribution[];
  otherPayments: Earlier;
};

const earlierSchema = z.object({ amount: bigSchema, count: countSchema });

const usePartSchema = z.object({
  amount: bigSchema,
  units: unitsSchema,
  tokenId: bigSchema,
  metric: z.string().nullable(),
  actor: accountSchema,
  channel: z
    .object({ channelId: bytes32Schema, seq: unitsSchema, receiptHash: bytes32Schema, capturedUnits: unitsSchema })
    .nullable(),
});

const accrualPartSchema: z.ZodType<AccrualPart> = z.lazy(() =>
  z.object({
    amount: bigSchema,
    classId: unitsSchema,
    className: z.string().nullable(),
    at: momentSchema,
    blockNumber: countSchema,
    transactionHash: bytes32Schema,
    received: bigSchema,
    toHolders: bigSchema,
    totalShare: unitsSchema,
    cause: z.discriminatedUnion('type', [
      z.object({ type: z.literal('settlement'), payer: accountSchema }),
      z.object({
        type: z.literal('use'),
        lot: countSchema,
        operator: accountSchema.nullable(),
        operatorAmount: bigSchema,
        units: bigSchema,
        useCount: countSchema,
        uses: z.array(usePartSchema),
        otherUses: bigSchema,
        receiptRoots: z.array(receiptRootSchema),
      }),
      z.object({ type: z.literal('backing'), lot: countSchema }),
      z.object({
        type: z.literal('royalty'),
        childId: unitsSchema,
        childName: z.string().nullable(),
        royaltyBps: countSchema,
        parts: z.array(accrualPartSchema),
        earlier: earlierSchema,
      }),
    ]),
  }),
);

export const claimExplanationSchema: z.ZodType<ClaimExplanation> = z.object({
  tokenId: bigSchema,
  classId: unitsSchema,
  className: z.string().nullable(),
  asset: accountSchema,
  owner: accountSchema,
  share: unitsSchema,
  blockNumber: countSchema,
  earned: bigSchema,
  claimed: bigSchema,
  claimable: bigSchema,
  parts: z.array(accrualPartSchema),
  earlier: earlierSchema,
  contributors: z
    .object({
      vault: accountSchema,
      epoch: countSchema,
      settled: bigSchema,
      paid: bigSchema,
      payments: z.array(contributionSchema),
      otherPayments: earlierSchema,
    })
    .nullable(),
});
