import { parseSignedRateQuote } from '@kedge/core';
import type { CommitInput } from '../ledger/receiptBatcher.js';

/** What a running stream would be charged, in the log: JSON, because there is one only where a voucher comes in between. */
export function encodeProgressRecord(input: CommitInput): Buffer {
  const kept = { ...input, answer: undefined };
  return Buffer.from(JSON.stringify(kept, (_key, value: unknown) => (typeof value === 'bigint' ? `${value}` : value)));
}

/** Reads back what {@link encodeProgressRecord} wrote. The log's checksum vouches for the bytes. */
export function decodeProgressRecord(bytes: Buffer): CommitInput {
  type Text = {
    readonly [field in keyof CommitInput]: CommitInput[field] extends bigint ? string : CommitInput[field];
  };
  const { metrics, rateQuote, ...input } = JSON.parse(bytes.toString()) as Text;
  return {
    ...input,
    tokenId: BigInt(input.tokenId),
    classId: BigInt(input.classId),
    units: BigInt(input.units),
    issuedAt: BigInt(input.issuedAt),
    rateQuote: rateQuote === undefined ? undefined : parseSignedRateQuote(rateQuote),
    metrics: metrics.map(({ metric, amount }) => ({ metric, amount: BigInt(amount) })),
  };
}
