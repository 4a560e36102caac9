import * as z from 'zod';
import { classKinds } from '../token.js';
import {
  accountSchema,
  bigSchema,
  bytes32Schema,
  countSchema,
  happenedSchema,
  momentSchema,
  trendSchema,
  unitsSchema,
} from './fields.js';

const basisPointsSchema = z.int().min(0).max(10_000);

/** What a lot asks: `numerator` smallest units of `asset` for `denominator` base units of value. */
export const priceSchema = z.object({ asset: accountSchema, numerator: bigSchema, denominator: unitsSchema });
export type Price = z.output<typeof priceSchema>;

/** A class's books in one asset (law L3), in its smallest unit. */
const classRevenueSchema = z.object({
  asset: accountSchema,
  /** Ever received: settled, released from backing, and collected from children. */
  received: bigSchema,
  /** Set aside for parents, and what they collected of it. */
  royaltiesReserved: bigSchema,
  royaltiesPaid: bigSchema,
  /** Paid to holders, or passed to the beneficiary. */
  claimed: bigSchema,
  /** Waits for the next active shares (R20). */
  orphan: bigSchema,
  /** Escrow behind unspent value. */
  backing: bigSchema,
});
export type ClassRevenue = z.output<typeof classRevenueSchema>;

const parentEdgeSchema = z.object({
  classId: unitsSchema,
  royaltyBps: basisPointsSchema,
  /** The parent's issuer marked the edge as accepted. */
  accepted: z.boolean(),
});

/** A class as lists show it. Name, description and licence are the metadata's, null where that is not at hand. */
export const classSummarySchema = z.object({
  classId: unitsSchema,
  kind: z.enum(classKinds),
  name: z.string().nullable(),
  description: z.string().nullable(),
  licence: z.string().nullable(),
  issuer: accountSchema,
  metadataURI: z.string(),
  integrityHash: bytes32Schema,
  unitDecimals: countSchema,
  policyVersion: z.int().positive(),
  /** All royalties to parents together. */
  royaltyBps: basisPointsSchema,
  parents: z.array(parentEdgeSchema),
  childCount: countSchema,
  tokenCount: countSchema,
  /** Active share now. */
  totalShare: unitsSchema,
  /** The most that active and waiting shares may sum to; 0: no cap. */
  shareCap: unitsSchema,
  /** Whether the issuer may mint shares without a bound (R23): there is no cap, and they are not frozen. */
  dilutable: z.boolean(),
  /** The cheapest lot that is on sale; null when none is. */
  price: priceSchema.extend({ lot: countSchema, supply: unitsSchema }).nullable(),
  usage: z.object({
    /** Everything spent, self-reported use included. An issuer can make use up: of value that it paid nothing for. */
    units: bigSchema,
    /**
     * Of which backed value that another than its holder captured through channels: somebody paid for it. An issuer that
     * pays itself by a second address loses royalties and the operator's part.
     */
    paidUnits: bigSchema,
    /** Of which owners recorded on their own tokens: proves no demand (P15). */
    selfReportedUnits: bigSchema,
    records: countSchema,
  }),
  revenue: z.array(classRevenueSchema),
  trend: trendSchema,
  createdAt: momentSchema,
});
export type ClassSummary = z.output<typeof classSummarySchema>;

const policyVersionSchema = happenedSchema.extend({
  version: z.int().positive(),
  uri: z.string(),
  /** Null: a policy without a hash, which cannot back value (R25). */
  hash: bytes32Schema.nullable(),
  /** The document behind the URI, null where it is not at hand. Hold it against the hash before you rely on it. */
  document: z.unknown(),
});
export type PolicyVersion = z.output<typeof policyVersionSchema>;

export const lotSchema = z.object({
  classId: unitsSchema,
  lot: countSchema,
  policyVersion: z.int().positive(),
  /** Its policy is not the current one: no new sale, no top-up (R25). */
  superseded: z.boolean(),
  price: priceSchema,
  operatorBps: basisPointsSchema,
  refundable: z.boolean(),
  expiredToClass: z.boolean(),
  seller: accountSchema,
  listing: z.object({ open: z.boolean(), supply: unitsSchema, expireAt: momentSchema }).nullable(),
  /** The plan under which it is sold: a tier, a subscription, or a step of a schedule; null when none is open. */
  plan: z
    .object({
      supply: unitsSchema,
      minUnits: unitsSchema,
      /** A purchase is of exactly `minUnits`. */
      exact: z.boolean(),
      /** Seconds that a token sold is valid; 0: for ever. */
      duration: countSchema,
      /** Last second of every token sold; 0: none. */
      expireAt: momentSchema,
      /** The step that must be sold out first; null: none. */
      lotBefore: countSchema.nullable(),
    })
    .nullable(),
  /** Of all tokens together, which may be more than one of them can hold. */
  outstanding: bigSchema,
  spent: bigSchema,
  escrow: bigSchema,
});
export type IndexedLot = z.output<typeof lotSchema>;

/** An edge of the lineage around a class, with what flowed along it. */
const lineageEdgeSchema = z.object({
  childId: unitsSchema,
  childName: z.string().nullable(),
  childKind: z.enum(classKinds),
  parentId: unitsSchema,
  parentName: z.string().nullable(),
  parentKind: z.enum(classKinds),
  /** The edge's number among the child's. */
  parentIndex: countSchema,
  royaltyBps: basisPointsSchema,
  accepted: z.boolean(),
  flows: z.array(
    z.object({
      asset: accountSchema,
      collected: bigSchema,
      /** What `collectRoyalty` would move now. */
      due: bigSchema,
    }),
  ),
});
export type LineageEdge = z.output<typeof lineageEdgeSchema>;

export const holderSchema = z.object({
  owner: accountSchema,
  /** Active share of all its tokens of the class. */
  share: unitsSchema,
  /** Share that waits to enter. */
  pendingShare: unitsSchema,
  tokenCount: countSchema,
});
export type Holder = z.output<typeof holderSchema>;

/** Use of one metric in one day (UTC). */
export const usageDaySchema = z.object({
  day: z.iso.date(),
  /** The label where it is in the registry (P26), else null. */
  metric: z.string().nullable(),
  metricType: bytes32Schema,
  units: bigSchema,
  paidUnits: bigSchema,
  selfReportedUnits: bigSchema,
  records: countSchema,
});
export type UsageDay = z.output<typeof usageDaySchema>;

export const revenueDaySchema = z.object({
  day: z.iso.date(),
  asset: accountSchema,
  received: bigSchema,
  /** Of which children's royalties. */
  royalties: bigSchema,
});
export type RevenueDay = z.output<typeof revenueDaySchema>;

export const classDetailSchema = classSummarySchema.extend({
  pendingIssuer: accountSchema.nullable(),
  beneficiary: accountSchema.nullable(),
  /** The document behind `metadataURI`, null where it is not at hand. Hold it against `integrityHash`. */
  metadata: z.unknown(),
  options: z
    .object({
      shareCap: unitsSchema,
      sharesFrozenFrom: momentSchema,
      activationDelay: countSchema,
      policyNotice: countSchema,
      appealWindow: countSchema,
      nonTransferable: z.boolean(),
      valueKeepsExpiry: z.boolean(),
      sharesOutliveExpiry: z.boolean(),
    })
    .nullable(),
  policies: z.array(policyVersionSchema),
  announcedPolicy: z
    .object({
      version: z.int().positive(),
      uri: z.string(),
      hash: bytes32Schema.nullable(),
      document: z.unknown(),
      effectiveAt: momentSchema,
    })
    .nullable(),
  lots: z.array(lotSchema),
  /** All edges above and below the class, the nearest first. */
  lineage: z.object({ up: z.array(lineageEdgeSchema), down: z.array(lineageEdgeSchema) }),
  /** The hundred with the most share. */
  holders: z.array(holderSchema),
  holderCount: countSchema,
  usageByDay: z.array(usageDaySchema),
  revenueByDay: z.array(revenueDaySchema),
  /** Receipt roots that operators anchored while they captured value of the class. */
  receiptRootCount: countSchema,
});
export type ClassDetail = z.output<typeof classDetailSchema>;
