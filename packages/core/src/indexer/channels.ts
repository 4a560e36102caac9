import * as z from 'zod';
import { channelModes } from '../channel.js';
import {
  accountSchema,
  bigSchema,
  bytes32Schema,
  countSchema,
  happenedSchema,
  momentSchema,
  unitsSchema,
} from './fields.js';

/** Receipts of log batches under one root, as an operator anchored them (R16). */
export const receiptRootSchema = happenedSchema.extend({
  operator: accountSchema,
  root: bytes32Schema,
  epoch: countSchema,
  firstBatch: unitsSchema,
  lastBatch: unitsSchema,
  /** Where the content store has the leaves; empty where the operator named no place. */
  cid: z.string(),
});
export type ReceiptRoot = z.output<typeof receiptRootSchema>;

/** A channel's terms and where it stands. */
export const channelSummarySchema = z.object({
  channelId: bytes32Schema,
  classId: unitsSchema,
  className: z.string().nullable(),
  /** Of the class: what is counted here are base units. */
  unitDecimals: countSchema,
  tokenId: bigSchema,
  holder: accountSchema,
  operator: accountSchema,
  channelKey: accountSchema,
  mode: z.enum(channelModes),
  cap: unitsSchema,
  rate: unitsSchema,
  burst: unitsSchema,
  deadline: unitsSchema,
  grace: countSchema,
  salt: bytes32Schema,
  open: z.boolean(),
  capturedUnits: unitsSchema,
  /** Still locked; 0 when closed. */
  remainingUnits: unitsSchema,
  /** Given back to the token at the close. */
  returnedUnits: unitsSchema,
  /** Sequence number and receipt hash of the newest captured voucher, null before the first. */
  lastSeq: unitsSchema.nullable(),
  lastReceiptHash: bytes32Schema.nullable(),
  openedAt: momentSchema,
  closedAt: momentSchema.nullable(),
});
export type ChannelSummary = z.output<typeof channelSummarySchema>;

export const channelCaptureSchema = happenedSchema.extend({
  units: unitsSchema,
  capturedUnits: unitsSchema,
  seq: unitsSchema,
  receiptHash: bytes32Schema,
});
export type ChannelCapture = z.output<typeof channelCaptureSchema>;

export const channelDetailSchema = channelSummarySchema.extend({
  /** Newest first, a hundred at most. */
  captures: z.array(channelCaptureSchema),
  captureCount: countSchema,
  /** Roots of the operator since the channel opened, newest first, a hundred at most: the channel's receipts are under them. */
  receiptRoots: z.array(receiptRootSchema),
});
export type ChannelDetail = z.output<typeof channelDetailSchema>;
