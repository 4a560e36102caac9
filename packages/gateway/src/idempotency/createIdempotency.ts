import { createHash } from 'node:crypto';
import { BaseError, type Hex, type SignedReceipt } from '@kedge/core';
import type { ForeignRecord } from '../ledger/openLedger.js';
import { decodeStoredAnswer, encodeStoredAnswer, type StoredAnswer } from './storedAnswer.js';

/** A first call under a key, while it runs. */
export type AnswerSlot = {
  /** What is kept with the receipt, in the same flush. */
  readonly keep: (headers: Readonly<Record<string, string>>, body: Uint8Array, tailBytes: number) => KeptAnswer;
  /** The call is over; without a kept answer, the key is free again. */
  readonly end: () => void;
};

export type KeptAnswer = {
  readonly encode: (signed: SignedReceipt) => readonly Uint8Array[];
  readonly stored: (offset: number, length: number) => void;
};

export type Idempotency = {
  readonly recover: (record: ForeignRecord) => void;
  /**
   * The slot of a new call, or the answer of the first one, which is waited for while it runs.
   * @throws BaseError 409 `idempotency_conflict` when the key came with another body; 400 `idempotency_key_invalid`.
   */
  readonly begin: (
    request: { readonly channelId: Hex; readonly key: string; readonly path: string; readonly body: Uint8Array },
    read: (offset: number, length: number) => Promise<Buffer>,
  ) => Promise<AnswerSlot | { readonly head: StoredAnswer; readonly body: Buffer }>;
};

type Entry = {
  readonly bodySha256: string;
  at: number;
  place?: { readonly offset: number; readonly length: number };
  running?: Promise<void> | undefined;
};

const retainedMs = 24 * 60 * 60 * 1000;
const longestKey = 255;

/** R27: a call is charged at most once for each Idempotency-Key while it is retained. Keys belong to their channel. */
export function createIdempotency(now: () => number): Idempotency {
  // In the order of their time: the oldest leave first.
  const entries = new Map<string, Entry>();
  const forgetOld = (): void => {
    for (const [id, { at, running }] of entries) {
      if (running !== undefined || now() - at < retainedMs) return;
      entries.delete(id);
    }
  };

  const open = (id: string, channelId: Hex, keySha256: string, bodySha256: string): AnswerSlot => {
    let over: (() => void) | undefined;
    const entry: Entry = { bodySha256, at: now(), running: new Promise((resolve) => (over = resolve)) };
    entries.set(id, entry);
    return {
      keep: (headers, body, tailBytes) => ({
        encode: ({ receipt }) =>
          encodeStoredAnswer(
            { channelId, keySha256, bodySha256, at: entry.at, seq: receipt.seq.toString(), headers, tailBytes },
            body,
          ),
        stored: (offset, length) => {
          entry.place = { offset, length };
        },
      }),
      end: () => {
        entry.running = undefined;
        if (entry.place === undefined) entries.delete(id);
        over?.();
      },
    };
  };

  return {
    recover: ({ payload, offset }) => {
      const { head } = decodeStoredAnswer(payload);
      if (now() - head.at >= retainedMs) return;
      const place = { offset, length: payload.length };
      entries.set(`${head.channelId}/${head.keySha256}`, { bodySha256: head.bodySha256, at: head.at, place });
    },
    begin: async ({ channelId, key, path, body }, read) => {
      if (key.length === 0 || key.length > longestKey) {
        throw new BaseError('The Idempotency-Key is empty or too long.', {
          code: 'idempotency_key_invalid',
          status: 400,
          values: { length: key.length, longest: longestKey },
          hints: [`Use 1 to ${longestKey} characters.`],
        });
      }
      forgetOld();
      const keySha256 = sha256(key);
      // The same bytes to another path are another request. Chat completions are hashed as they were before there were others.
      const bodySha256 =
        path === '/chat/completions' ? sha256(body) : sha256(Buffer.concat([Buffer.from(`${path}\n`), body]));
      const id = `${channelId}/${keySha256}`;
      for (;;) {
        const entry = entries.get(id);
        if (entry === undefined) return open(id, channelId, keySha256, bodySha256);
        if (entry.bodySha256 !== bodySha256) {
          throw new BaseError('This Idempotency-Key was used with another request.', {
            code: 'idempotency_conflict',
            status: 409,
            hints: ['Use a new key for a new request; repeat the same bytes to get the first answer again.'],
          });
        }
        if (entry.place !== undefined) return decodeStoredAnswer(await read(entry.place.offset, entry.place.length));
        await entry.running;
      }
    },
  };
}

function sha256(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}
