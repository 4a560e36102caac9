import * as z from 'zod';
import { BaseError } from './baseError.js';
import type { Voucher } from './channel.js';
import type { Hex } from './hex.js';
import { hashSchema, hexSchema, parseWith, uintSchema } from './schemas.js';

/** A voucher with the channel key's signature: 65 bytes `r | s | v`. */
export type SignedVoucher = { readonly voucher: Voucher; readonly signature: Hex };

/** Name of the request header that carries the newest voucher of a strict channel. */
export const voucherHeader = 'kedge-voucher';

/** What an SSE comment line begins with that says what a strict call's answer comes to so far, in base units. */
export const dueCommentPrefix = ': kedge-due ';

/** Reads a signed voucher's JSON: integers as decimal strings. */
const signedVoucherSchema = z.strictObject({
  voucher: z.strictObject({
    channelId: hashSchema,
    cumulativeUnits: uintSchema(64),
    receiptHash: hashSchema,
    seq: uintSchema(64),
  }),
  signature: hexSchema.refine((signature) => signature.length === 132, 'expected 65 bytes'),
});

/** A signed voucher as JSON data: integers as decimal strings. */
export function signedVoucherToJson({ voucher, signature }: SignedVoucher) {
  const { channelId, cumulativeUnits, receiptHash, seq } = voucher;
  return {
    voucher: { channelId, cumulativeUnits: cumulativeUnits.toString(), receiptHash, seq: seq.toString() },
    signature,
  };
}

/**
 * Reads what {@link signedVoucherToJson} gave.
 *
 * @throws BaseError `voucher_invalid` (400), which names the offending fields.
 */
export function parseSignedVoucher(json: unknown): SignedVoucher {
  return parseWith(signedVoucherSchema, json, { what: 'The voucher', code: 'voucher_invalid', status: 400 });
}

/**
 * A signed voucher as the value of {@link voucherHeader}: base64url of its JSON.
 *
 * @example
 * headers.set(voucherHeader, encodeSignedVoucher({ voucher, signature }));
 */
export function encodeSignedVoucher(signed: SignedVoucher): string {
  return btoa(JSON.stringify(signedVoucherToJson(signed)))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replace(/=+$/, '');
}

/**
 * Reads what {@link encodeSignedVoucher} wrote.
 *
 * @throws BaseError `voucher_invalid` (400).
 */
export function decodeSignedVoucher(text: string): SignedVoucher {
  let json: unknown;
  try {
    json = JSON.parse(atob(text.trim().replaceAll('-', '+').replaceAll('_', '/')));
  } catch (cause) {
    throw new BaseError('The voucher is not base64url of JSON.', {
      code: 'voucher_invalid',
      status: 400,
      cause,
      hints: [`Send it in ${voucherHeader} as encodeSignedVoucher of @kedge/core writes it.`],
    });
  }
  return parseSignedVoucher(json);
}
