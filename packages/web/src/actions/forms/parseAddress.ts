import { addressSchema, type Address } from '@kedge/core';
import { isAddress } from 'viem';

/** An address that was typed; undefined while it is none, or its capitals say that a digit is wrong (EIP-55). */
export function parseAddress(text: string): Address | undefined {
  const typed = text.trim();
  return isAddress(typed) ? typed : undefined;
}

/** What to say of it; nothing of an empty field. */
export function addressProblem(text: string): string | undefined {
  if (text.trim() === '' || parseAddress(text) !== undefined) return undefined;
  return addressSchema.safeParse(text.trim()).success
    ? 'A digit or a capital is wrong: copy it anew, or write it in small letters.'
    : 'An address is 0x and 40 hexadecimal digits.';
}
