import { type Address, BaseError, type Hex, parseWith } from '@kedge/core';
import * as z from 'zod';

// The messages of x402, version 2, as the public specification and @x402/core write them: JSON in base64.

/** Headers of a refusal, of the paid retry, and of the answer to it. */
export const x402Headers = {
  required: 'payment-required',
  signature: 'payment-signature',
  response: 'payment-response',
} as const;

export const x402Version = 2;

/** One way to pay. Amounts are smallest units of the asset. */
export type PaymentRequirements = {
  readonly scheme: 'exact';
  /** CAIP-2. */
  readonly network: string;
  readonly asset: Address;
  readonly amount: string;
  readonly payTo: Address;
  readonly maxTimeoutSeconds: number;
  /** `name` and `version` of the asset's EIP-712 domain; `deadline` of the channel that the payment opens. */
  readonly extra: {
    readonly assetTransferMethod: 'eip3009';
    readonly name: string;
    readonly version: string;
    readonly deadline: string;
  };
};

export type PaymentRequired = {
  readonly x402Version: 2;
  readonly error: string;
  readonly resource: { readonly url: string; readonly description: string; readonly mimeType: string };
  readonly accepts: readonly PaymentRequirements[];
};

export type PaymentResponse = {
  readonly success: boolean;
  readonly payer: Address;
  readonly transaction: Hex;
  readonly network: string;
  readonly amount: string;
  /** What came of it: the channel that was opened, and base units in it. */
  readonly extra: { readonly channelId: Hex; readonly units: string };
};

// Wallets write addresses and bytes in either case.
const bytes = (length?: number) =>
  z
    .string()
    .regex(length === undefined ? /^0x([0-9a-fA-F]{2})+$/ : new RegExp(`^0x[0-9a-fA-F]{${length * 2}}$`))
    .transform((text) => text.toLowerCase() as Hex);
const uint = z
  .string()
  .regex(/^(0|[1-9]\d{0,77})$/)
  .transform(BigInt)
  .refine((value) => value >> 256n === 0n);

const payloadSchema = z.looseObject({
  x402Version: z.literal(x402Version),
  accepted: z.looseObject({
    scheme: z.literal('exact'),
    network: z.string(),
    asset: bytes(20),
    amount: uint,
    payTo: bytes(20),
    extra: z.looseObject({ deadline: uint }),
  }),
  payload: z.looseObject({
    // ERC-6492 wraps a contract that is not deployed: that is not taken. No signature is longer than this.
    signature: bytes().refine((text) => text.length <= 2 + 2 * 4096),
    authorization: z.looseObject({
      from: bytes(20),
      to: bytes(20),
      value: uint,
      validAfter: uint,
      validBefore: uint,
      nonce: bytes(32),
    }),
  }),
});

/** A payment as a client signed it. */
export type PaymentPayload = z.output<typeof payloadSchema>;

/**
 * Reads the PAYMENT-SIGNATURE header.
 * @throws BaseError 402 `payment_invalid`, which names the offending fields.
 */
export function parsePayment(header: string): PaymentPayload {
  let json: unknown;
  try {
    json = JSON.parse(Buffer.from(header, 'base64').toString());
  } catch (cause) {
    throw new BaseError('The payment is not JSON in base64.', { code: 'payment_invalid', status: 402, cause });
  }
  return parseWith(payloadSchema, json, { what: 'The payment', code: 'payment_invalid', status: 402 });
}

export function encodeX402(message: PaymentRequired | PaymentResponse): string {
  return Buffer.from(JSON.stringify(message)).toString('base64');
}
