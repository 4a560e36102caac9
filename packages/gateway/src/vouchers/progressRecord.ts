import { parseSignedRateQuote, withDecimals } from '@kedge/core';
import type { KeyedCall } from '../idempotency/createIdempotency.js';
import type { KeyAccount } from '../keys/keyAccounts.js';
import type { CommitInput } from '../ledger/receiptBatcher.js';

/** What a stream would have been charged when the gateway was killed. Of its key only the name: what that spent is in its account. */
export type InterruptedCall = Omit<CommitInput, 'key' | 'answer'> & {
  readonly key?: Pick<KeyAccount, 'apiKeySha256'> | undefined;
  /** Under which Idempotency-Key it came. */
  readonly answer?: KeyedCall | undefined;
};

/** What a running stream would be charged, in the log: JSON, because there is one only where a voucher comes in between. */
export function encodeProgressRecord(input: CommitInput): Buffer {
  const { key, answer } = input;
  const kept = { ...input, answer: answer && keyedCallOf(answer), key: key && { apiKeySha256: key.apiKeySha256 } };
  return Buffer.from(JSON.stringify(kept, withDecimals));
}

function keyedCallOf({ channelId, keySha256, bodySha256, at }: KeyedCall): KeyedCall {
  return { channelId, keySha256, bodySha256, at };
}

/** Reads back what {@link encodeProgressRecord} wrote. The log's checksum vouches for the bytes. */
export function decodeProgressRecord(bytes: Buffer): InterruptedCall {
  type Text = {
    readonly [field in keyof InterruptedCall]: InterruptedCall[field] extends bigint ? string : InterruptedCall[field];
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
