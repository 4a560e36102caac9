import { BaseError } from './baseError.js';

/** Bytes as lower-case hexadecimal digits after `0x`. */
export type Hex = `0x${string}`;

/** Twenty bytes as hexadecimal digits after `0x`, in any letter case. Compare with {@link isSameAddress}. */
export type Address = `0x${string}`;

/**
 * A hash function with a 32-byte result, such as viem's `(bytes) => keccak256(bytes, 'bytes')`. It must be synchronous, and must
 * not keep its argument.
 */
export type Hasher = (bytes: Uint8Array) => Uint8Array;

export const zeroHash: Hex = `0x${'0'.repeat(64)}`;
export const zeroAddress: Address = `0x${'0'.repeat(40)}`;

const encoder = new TextEncoder();
const pairs = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));
const nibbles = new Int8Array(128).fill(-1);
for (let digit = 0; digit < 16; digit++) {
  const text = digit.toString(16);
  nibbles[text.charCodeAt(0)] = digit;
  nibbles[text.toUpperCase().charCodeAt(0)] = digit;
}

/** UTF-8 bytes of a text. */
export function utf8(text: string): Uint8Array {
  return encoder.encode(text);
}

/** Several runs of bytes as one, in a new array. */
export function concatBytes(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/**
 * Bytes to lower-case hexadecimal.
 *
 * @example
 * bytesToHex(new Uint8Array([1, 255])); // '0x01ff'
 */
export function bytesToHex(bytes: Uint8Array): Hex {
  let text = '0x';
  for (let index = 0; index < bytes.length; index++) text += pairs[bytes[index]!]!;
  return text as Hex;
}

/**
 * Hexadecimal to bytes. Throws `hex_invalid` for anything but `0x` and whole pairs of digits.
 *
 * @example
 * hexToBytes('0x01ff'); // Uint8Array [1, 255]
 */
export function hexToBytes(hex: string): Uint8Array {
  if (hex.length < 2 || hex.length % 2 !== 0) throw invalidHex(hex, 'bytes');
  const bytes = new Uint8Array((hex.length - 2) / 2);
  writeHex(bytes, 0, hex, bytes.length);
  return bytes;
}

/** Writes exactly `size` bytes of `hex` into `target`, which belongs to the caller. */
export function writeHex(target: Uint8Array, offset: number, hex: string, size: number): void {
  if (typeof hex !== 'string' || hex.length !== 2 + size * 2 || hex.charCodeAt(0) !== 48 || hex.charCodeAt(1) !== 120) {
    throw invalidHex(hex, `${size} bytes`);
  }
  for (let index = 0; index < size; index++) {
    const high = nibbles[hex.charCodeAt(2 + index * 2)] ?? -1;
    const low = nibbles[hex.charCodeAt(3 + index * 2)] ?? -1;
    if (high < 0 || low < 0) throw invalidHex(hex, `${size} bytes`);
    target[offset + index] = (high << 4) | low;
  }
}

/** Whether two addresses are the same twenty bytes, whatever their letter case. */
export function isSameAddress(left: string, right: string): boolean {
  return left.toLowerCase() === right.toLowerCase();
}

function invalidHex(hex: unknown, expected: string): BaseError {
  const shown = typeof hex === 'string' && hex.length > 80 ? `${hex.slice(0, 80)}…` : hex;
  return new BaseError('A value is not hexadecimal of the right length.', {
    code: 'hex_invalid',
    values: { expected, received: shown },
    hints: ['Write 0x and two digits of 0-9 a-f for each byte.'],
  });
}
