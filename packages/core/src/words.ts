import { BaseError } from './baseError.js';

// The 32-byte words of the ABI and of EIP-712's encodeData. Every writer checks its range: a silent truncation here
// would sign something else than what was asked for.

const uint64Max = (1n << 64n) - 1n;
const maxima = {
  8: 0xffn,
  16: 0xffffn,
  32: 0xffffffffn,
  64: uint64Max,
  128: (1n << 128n) - 1n,
  256: (1n << 256n) - 1n,
};

/** Writes `value` as one big-endian word. `field` names it in the error. */
export function writeUint(
  view: DataView,
  offset: number,
  value: bigint,
  bits: keyof typeof maxima,
  field: string,
): void {
  // Programs that are not type-checked bring anything.
  if (typeof value !== 'bigint' || value < 0n || value > maxima[bits]) throw outOfRange(field, value, bits);
  if (value <= uint64Max) {
    view.setBigUint64(offset, 0n);
    view.setBigUint64(offset + 8, 0n);
    view.setBigUint64(offset + 16, 0n);
    view.setBigUint64(offset + 24, value);
    return;
  }
  view.setBigUint64(offset, value >> 192n);
  view.setBigUint64(offset + 8, (value >> 128n) & uint64Max);
  view.setBigUint64(offset + 16, (value >> 64n) & uint64Max);
  view.setBigUint64(offset + 24, value & uint64Max);
}

/** A number as the bigint that a word is written from. */
export function bigintOf(value: number, bits: keyof typeof maxima, field: string): bigint {
  if (!Number.isSafeInteger(value)) throw outOfRange(field, value, bits);
  return BigInt(value);
}

function outOfRange(field: string, value: unknown, bits: keyof typeof maxima): BaseError {
  return new BaseError('A number is outside of its range.', {
    code: 'integer_out_of_range',
    values: { field, value, range: `0 to 2^${bits} - 1` },
    hints: ['Give a whole number of that range, as a bigint such as 5n where the type says so.'],
  });
}
