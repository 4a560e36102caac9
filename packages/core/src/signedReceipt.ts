import * as z from 'zod';
import { BaseError } from './baseError.js';
import type { Address, Hex } from './hex.js';
import { metricLabels, type MetricLabel } from './metrics.js';
import type { Receipt } from './receipt.js';
import {
  signedRateQuoteSchema,
  signedRateQuoteToJson,
  type SignedRateQuote,
  type SignedRateQuoteJson,
} from './rateQuote.js';
import type { ReceiptBatch } from './receiptBatch.js';
import { addressSchema, hashSchema, hexSchema, parseWith, uintSchema } from './schemas.js';

/** A receipt with what proves it: the path to its batch's root, and the operator's signature over the batch. */
export type SignedReceipt = {
  readonly receipt: Receipt;
  readonly batch: ReceiptBatch;
  readonly path: readonly Hex[];
  readonly signature: Hex;
  readonly signer: Address;
  /** 32 bytes that only the holder sees: they keep the bodies' hashes from being guessed (R16). */
  readonly salt: Hex;
  /** The quote whose sequence the metrics name, where the policy's oracle moved the rates. */
  readonly rateQuote?: SignedRateQuote;
};

type Decimal<value> = value extends bigint ? string : value;
type Decimals<fields> = { -readonly [key in keyof fields]: Decimal<fields[key]> };

/** {@link SignedReceipt} as it travels: integers as decimal strings. */
export type SignedReceiptJson = {
  receipt: Omit<Decimals<Receipt>, 'metrics'> & { metrics: { metric: MetricLabel; amount: string }[] };
  batch: Decimals<ReceiptBatch>;
  path: Hex[];
  signature: Hex;
  signer: Address;
  salt: Hex;
  rateQuote?: SignedRateQuoteJson;
};

/** Name of the response header that carries a receipt (R17). */
export const receiptHeader = 'kedge-receipt';

/** What an SSE comment line with a receipt begins with (R17). */
export const receiptCommentPrefix = ': kedge-receipt ';

const uint64 = uintSchema(64);

const receiptBatchSchema = z.strictObject({
  operator: addressSchema,
  epoch: uintSchema(32),
  batch: uint64,
  root: hashSchema,
});

/** Reads {@link SignedReceiptJson}. */
const signedReceiptSchema = z.strictObject({
  receipt: z.strictObject({
    channelId: hashSchema,
    tokenId: uintSchema(256),
    classId: uintSchema(256),
    policyHash: hashSchema,
    seq: uint64,
    requestHash: hashSchema,
    responseHash: hashSchema,
    metrics: z.array(z.strictObject({ metric: z.enum(metricLabels), amount: uint64 })).max(metricLabels.length),
    units: uint64,
    cumulativeUnits: uint64,
    previousReceiptHash: hashSchema,
    issuedAt: uint64,
  }),
  batch: receiptBatchSchema,
  // 64 steps are a tree of 2^64 receipts.
  path: z.array(hashSchema).max(64),
  signature: hexSchema,
  signer: addressSchema,
  salt: hashSchema,
  rateQuote: signedRateQuoteSchema.exactOptional(),
});

/**
 * Reads a receipt's JSON.
 *
 * @throws BaseError `receipt_invalid`, which names the offending fields.
 *
 * @example
 * const signed = parseSignedReceipt(JSON.parse(await readFile('receipt.json', 'utf8')));
 */
export function parseSignedReceipt(json: unknown): SignedReceipt {
  return parseWith(signedReceiptSchema, json, { what: 'The receipt', code: 'receipt_invalid' });
}

/** A receipt as JSON data: integers as decimal strings. */
export function signedReceiptToJson({
  receipt,
  batch,
  path,
  signature,
  signer,
  salt,
  rateQuote,
}: SignedReceipt): SignedReceiptJson {
  return {
    receipt: {
      channelId: receipt.channelId,
      tokenId: receipt.tokenId.toString(),
      classId: receipt.classId.toString(),
      policyHash: receipt.policyHash,
      seq: receipt.seq.toString(),
      requestHash: receipt.requestHash,
      responseHash: receipt.responseHash,
      metrics: receipt.metrics.map(({ metric, amount }) => ({ metric, amount: amount.toString() })),
      units: receipt.units.toString(),
      cumulativeUnits: receipt.cumulativeUnits.toString(),
      previousReceiptHash: receipt.previousReceiptHash,
      issuedAt: receipt.issuedAt.toString(),
    },
    batch: {
      operator: batch.operator,
      epoch: batch.epoch.toString(),
      batch: batch.batch.toString(),
      root: batch.root,
    },
    path: [...path],
    signature,
    signer,
    salt,
    ...(rateQuote === undefined ? {} : { rateQuote: signedRateQuoteToJson(rateQuote) }),
  };
}

/**
 * A receipt as base64url of its JSON: the value of {@link receiptHeader} and of the SSE comment line (R17).
 *
 * @example
 * outgoing.setHeader(receiptHeader, encodeSignedReceipt(signed));
 */
export function encodeSignedReceipt(signed: SignedReceipt): string {
  // The JSON holds ASCII only, so its characters are its bytes.
  return btoa(JSON.stringify(signedReceiptToJson(signed)))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replace(/=+$/, '');
}

/**
 * Reads what {@link encodeSignedReceipt} wrote.
 *
 * @throws BaseError `receipt_invalid`.
 *
 * @example
 * const signed = decodeSignedReceipt(response.headers.get(receiptHeader)!);
 */
export function decodeSignedReceipt(text: string): SignedReceipt {
  let json: unknown;
  try {
    json = JSON.parse(atob(text.trim().replaceAll('-', '+').replaceAll('_', '/')));
  } catch (cause) {
    throw new BaseError('The receipt is not valid: it is not base64url of JSON.', {
      code: 'receipt_invalid',
      cause,
      hints: [`Pass the whole value of the ${receiptHeader} header or comment line.`],
    });
  }
  return parseSignedReceipt(json);
}
