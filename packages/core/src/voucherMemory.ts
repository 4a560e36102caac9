import * as z from 'zod';
import { parseWith, uintSchema } from './schemas.js';
import { parseSignedVoucher, signedVoucherToJson, type SignedVoucher } from './signedVoucher.js';

/** What outlives the process of a strict channel's client. Without it, a restart relies on the gateway's word and `lostUnits`. */
export type VoucherMemory = {
  /** Units of calls that ended, as this client counted them. */
  readonly settledUnits: bigint;
  /** What calls may have cost whose answers this client did not see to their end. */
  readonly lostUnits: bigint;
  /** When the last of these was lost, in milliseconds since 1970: an hour later none of it may be claimed any more. Default: now. */
  readonly lostAt?: number;
  readonly newest: SignedVoucher | null;
};

const voucherMemorySchema = z.object({
  settledUnits: uintSchema(64),
  lostUnits: uintSchema(64),
  lostAt: z.number().exactOptional(),
  newest: z.unknown(),
});

/**
 * What `kedgeFetch` is to remember as JSON data: integers as decimal strings.
 *
 * @example
 * const json = JSON.stringify(voucherMemoryToJson({ settledUnits: 120n, lostUnits: 0n, newest: null }));
 */
export function voucherMemoryToJson({ settledUnits, lostUnits, lostAt, newest }: VoucherMemory) {
  return {
    settledUnits: settledUnits.toString(),
    lostUnits: lostUnits.toString(),
    ...(lostAt === undefined ? {} : { lostAt }),
    newest: newest === null ? null : signedVoucherToJson(newest),
  };
}

/**
 * Reads what {@link voucherMemoryToJson} gave.
 *
 * @param what The file, say, that it is from, for the error.
 * @throws BaseError `memory_invalid`, `voucher_invalid`
 *
 * @example
 * const memory = parseVoucherMemory(JSON.parse(text), 'memory.json');
 */
export function parseVoucherMemory(json: unknown, what = 'The memory of the channel'): VoucherMemory {
  const { newest, ...units } = parseWith(voucherMemorySchema, json, { what, code: 'memory_invalid' });
  return { ...units, newest: newest === null ? null : parseSignedVoucher(newest) };
}
