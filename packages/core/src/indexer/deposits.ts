import * as z from 'zod';
import { accountSchema, bigSchema, bytes32Schema, happenedSchema, unitsSchema } from './fields.js';

/**
 * What became of money at a deposit address (R28): a sweep bought value into a channel, a refund paid it back. Payments to the
 * address are no events of the contracts, and not here.
 */
export const depositMoveSchema = happenedSchema.extend({
  kind: z.enum(['sweep', 'refund']),
  deposit: accountSchema,
  /** Null where a market of the depositor's own sold a token of no lot: no event says what it took. */
  asset: accountSchema.nullable(),
  /** Spent on value, or paid back. */
  amount: bigSchema,
  /** Of a sweep: the channel that it opened, the operator that serves it, and the units that it locks. */
  channelId: bytes32Schema.nullable(),
  operator: accountSchema.nullable(),
  units: unitsSchema.nullable(),
  /** Of a refund: who was paid. */
  to: accountSchema.nullable(),
});
export type IndexedDepositMove = z.output<typeof depositMoveSchema>;
