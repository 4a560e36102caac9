import * as z from 'zod';
import { channelModes } from './channel.js';
import { accountSchema, bigSchema, bytes32Schema, countSchema, momentSchema, unitsSchema } from './indexer/fields.js';
import { parseWith } from './schemas.js';

/** Unix milliseconds by the gateway's clock. */
const instantSchema = z.int().nonnegative();

/**
 * What a gateway does now, as `GET /admin/live` tells its operator: counts, units, and calls by surface and model. Prompts, answers,
 * keys and secrets are never in it.
 */
const gatewayLiveSchema = z.object({
  /** When it was read: ages count from here. */
  at: instantSchema,
  startedAt: instantSchema,
  operator: accountSchema,
  /** The last twelve stretches of the trend together. */
  lastMinute: z.object({
    /** That were charged. */
    calls: countSchema,
    refused: countSchema,
    units: bigSchema,
    /** Backing that these units release when they are captured, rounded down, and what of it is the operator's cut (R3). */
    revenue: z.array(z.object({ asset: accountSchema, amount: bigSchema, cut: bigSchema })),
    /** Units whose lot has no price, or none that the chain has told yet: not in `revenue`. */
    unpricedUnits: bigSchema,
  }),
  /** Stretches of `width` seconds from `start`, a Unix second, on; the last one is not over yet. */
  trend: z.object({
    start: momentSchema,
    width: z.int().positive(),
    calls: z.array(countSchema),
    refused: z.array(countSchema),
    units: z.array(bigSchema),
  }),
  /** Worst cases that running calls hold, and calls that wait for value that only these hold. */
  reserved: z.object({
    calls: countSchema,
    units: bigSchema,
    waiting: countSchema,
    oldestAt: instantSchema.nullable(),
  }),
  runningCount: countSchema,
  /** The oldest first. */
  running: z.array(
    z.object({
      channelId: bytes32Schema,
      classId: unitsSchema,
      mode: z.enum(channelModes),
      /** Path of the API below `/v1`. */
      surface: z.string(),
      model: z.string(),
      startedAt: instantSchema,
      /** Reserved for it. */
      units: bigSchema,
    }),
  ),
  /** Requests that were refused since the start, the most frequent reason first. */
  refusals: z.array(z.object({ status: z.int(), code: z.string(), count: countSchema })),
  batches: z.object({
    /** Receipt batches that no confirmed transaction anchors yet. */
    unanchored: countSchema,
    /** Captures, the newest first. */
    transactions: z.array(
      z.object({ hash: bytes32Schema, state: z.enum(['sent', 'confirmed', 'dropped']), batches: countSchema }),
    ),
  }),
});

export type GatewayLive = z.output<typeof gatewayLiveSchema>;
/** As it travels: integers that JSON numbers cannot hold are decimal strings. */
export type GatewayLiveJson = z.input<typeof gatewayLiveSchema>;

/**
 * Reads what `GET /admin/live` answers, or one event of its stream.
 *
 * @throws BaseError `gateway_live_invalid`, which names the offending fields.
 *
 * @example
 * const live = parseGatewayLive(await (await fetch('http://127.0.0.1:8787/admin/live')).json());
 */
export function parseGatewayLive(value: unknown): GatewayLive {
  return parseWith(gatewayLiveSchema, value, {
    what: 'What the gateway tells of itself',
    code: 'gateway_live_invalid',
  });
}
