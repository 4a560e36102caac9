import { addressSchema, type Address } from '@kedge/core';

/** An address that was typed; undefined while it is none. */
export function parseAddress(text: string): Address | undefined {
  const parsed = addressSchema.safeParse(text.trim());
  return parsed.success ? parsed.data : undefined;
}

/** What to say of it; nothing of an empty field. */
export function addressProblem(text: string): string | undefined {
  if (text.trim() === '' || parseAddress(text) !== undefined) return undefined;
  return 'An address is 0x and 40 hexadecimal digits.';
}
