import * as z from 'zod';
import { addressSchema, hashSchema, uintSchema } from '../schemas.js';

// Fields that many answers of the indexer share. Ids, units and amounts travel as decimal strings and are bigint when read;
// moments, counts, basis points and block numbers are JSON numbers.

const described = <schema extends z.ZodType>(schema: schema, pattern: string): schema =>
  schema.meta({ type: 'string', pattern });

const decimal = '^(0|[1-9][0-9]{0,77})$';

/** An amount of an asset in its smallest unit, or an id of a token. */
export const bigSchema = described(uintSchema(256), decimal);
/** Units of a class in base units, or an id of a class. */
export const unitsSchema = described(uintSchema(64), decimal);
/** Lower-case. The zero address stands for ETH where an asset is meant. */
export const accountSchema = described(addressSchema, '^0x[0-9a-fA-F]{40}$');
export const bytes32Schema = described(hashSchema, '^0x[0-9a-f]{64}$');
/** Unix seconds. */
export const momentSchema = z.int().nonnegative();
export const countSchema = z.int().nonnegative();

/** Where something happened. */
export const happenedSchema = z.object({
  at: momentSchema,
  blockNumber: countSchema,
  transactionHash: bytes32Schema,
});
export type Happened = z.output<typeof happenedSchema>;

export const amountOfAssetSchema = z.object({ asset: accountSchema, amount: bigSchema });
export type AmountOfAsset = z.output<typeof amountOfAssetSchema>;

/** A part of a list; `next` goes into `?after=` to read on, null at its end. */
export type Page<item> = { readonly items: readonly item[]; readonly next: string | null };

export function pageSchema<item extends z.ZodType>(item: item) {
  return z.object({ items: z.array(item), next: z.string().nullable() });
}

/** Thirty equal stretches of time, the last of which holds the newest block. */
export const trendLength = 30;

/** What happened in {@link trendLength} stretches of `width` seconds from `start` on. */
export const trendSchema = z.object({
  start: momentSchema,
  width: z.int().positive(),
  units: z.array(bigSchema).length(trendLength),
  revenue: z.array(z.object({ asset: accountSchema, amounts: z.array(bigSchema).length(trendLength) })),
});
export type Trend = z.output<typeof trendSchema>;
