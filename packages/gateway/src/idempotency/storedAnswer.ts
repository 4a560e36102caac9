import type { Hex } from '@kedge/core';

/** An answer as it was handed to the client, kept for a retry with the same Idempotency-Key. */
export type StoredAnswer = {
  readonly channelId: Hex;
  /** SHA-256 of the key and of the request's body, in hexadecimal digits. */
  readonly keySha256: string;
  readonly bodySha256: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly seq: string;
  /** Of the receipt, where the call was paid from a channel that continues this one. */
  readonly receiptChannelId?: Hex;
  readonly headers: Readonly<Record<string, string>>;
  /** Of a stream: how many of the last bytes came after the receipt's comment. -1: a whole answer, not a stream. */
  readonly tailBytes: number;
  /** The answer itself was too long to be kept, or broke off. */
  readonly isTooLong?: true;
};

/** The record's payload: [length of the head u32 | head as JSON | the body's bytes]. */
export function encodeStoredAnswer(head: StoredAnswer, body: Uint8Array): Uint8Array[] {
  const json = Buffer.from(JSON.stringify(head));
  const length = Buffer.alloc(4);
  length.writeUInt32BE(json.length);
  return [length, json, body];
}

export function decodeStoredAnswer(payload: Buffer): { readonly head: StoredAnswer; readonly body: Buffer } {
  const end = 4 + payload.readUInt32BE(0);
  return { head: JSON.parse(payload.toString('utf8', 4, end)) as StoredAnswer, body: payload.subarray(end) };
}

/** The begin of a stored answer, without its body: what {@link decodeStoredAnswer} reads its head from. */
export function headOfStoredAnswer(payload: Buffer): Buffer {
  return payload.subarray(0, 4 + payload.readUInt32BE(0));
}
