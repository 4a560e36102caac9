import * as z from 'zod';
import { BaseError } from './baseError.js';
import type { Address, Hex } from './hex.js';
import { rateLabels, type RateLabel } from './metrics.js';

// Pieces that several formats share. Integers travel as decimal strings: JSON numbers end at 2^53.

export const addressSchema = z.custom<Address>(
  (value) => typeof value === 'string' && /^0x[0-9a-fA-F]{40}$/.test(value),
  'expected an address: 0x and 40 hexadecimal digits',
);

export const hashSchema = z.custom<Hex>(
  (value) => typeof value === 'string' && /^0x[0-9a-f]{64}$/.test(value),
  'expected 32 bytes: 0x and 64 lower-case hexadecimal digits',
);

export const hexSchema = z.custom<Hex>(
  (value) => typeof value === 'string' && /^0x([0-9a-f]{2})*$/.test(value),
  'expected bytes: 0x and lower-case hexadecimal digits',
);

/** A decimal string of an unsigned integer below 2^bits, without leading zeros. */
export function decimalSchema(bits: number) {
  return z.string().refine((text) => isDecimal(text, bits), `expected a decimal string from 0 to 2^${bits} - 1`);
}

/** Like {@link decimalSchema}, read as a bigint. */
export function uintSchema(bits: number) {
  return decimalSchema(bits).transform((text) => BigInt(text));
}

/** Something for one or more of the rates. Not a record of zod's: those leave out a member called `__proto__`, which was hashed. */
export function byRateSchema<schema extends z.ZodType>(each: schema) {
  const member = each.exactOptional();
  const members = Object.fromEntries(rateLabels.map((label) => [label, member])) as Record<RateLabel, typeof member>;
  return z.strictObject(members).refine((given) => Object.keys(given).length > 0, 'expected at least one rate');
}

/** Parses with a schema; what does not fit becomes a {@link BaseError} that names the first offending fields. */
export function parseWith<schema extends z.ZodType>(
  schema: schema,
  value: unknown,
  options: {
    readonly what: string;
    readonly code: string;
    readonly status?: number;
    readonly hints?: readonly string[];
  },
): z.output<schema> {
  const refused = (why: string, cause?: unknown): BaseError =>
    new BaseError(`${options.what} is not valid: ${why}.`, {
      code: options.code,
      status: options.status ?? 400,
      cause,
      ...(options.hints === undefined ? {} : { hints: options.hints }),
    });
  let result: z.ZodSafeParseResult<z.output<schema>>;
  try {
    result = schema.safeParse(value);
  } catch (cause) {
    // zod compares the `length` of whatever has one, and an object as a length cannot be compared.
    throw refused('a field has a length that is no number', cause);
  }
  if (result.success) return result.data;
  const issues = result.error.issues.slice(0, 5);
  const shown = issues.map((issue) => `${issue.path.length > 0 ? issue.path.join('.') : '(root)'}: ${issue.message}`);
  throw refused(shown.join('; '));
}

// 78 digits hold 2^256 - 1: the length is bounded before BigInt, whose time grows with the square of the digits.
function isDecimal(text: string, bits: number): boolean {
  return /^(0|[1-9][0-9]{0,77})$/.test(text) && BigInt(text) >> BigInt(bits) === 0n;
}
