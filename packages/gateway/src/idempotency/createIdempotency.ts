import { createHash } from 'node:crypto';
import { BaseError, createTurns, type Hex, type SignedReceipt } from '@kedge/core';
import type { LogPlace } from '../ledger/ledgerIndex.js';
import { decodeStoredAnswer, encodeStoredAnswer, type StoredAnswer } from './storedAnswer.js';

/** A first call under a key, while it runs. */
export type AnswerSlot = {
  /**
   * What is kept with the receipt, in the same flush. Of an answer that is too long the body is undefined: its key is kept, so
   * that a retry is told so, and not charged.
   */
  readonly keep: (
    headers: Readonly<Record<string, string>>,
    body: Uint8Array | undefined,
    tailBytes: number,
  ) => KeptAnswer;
  /** The call is over; without a kept answer, the key is free again. */
  readonly end: () => void;
};

/** A call under a key: when it came, in milliseconds since 1970. */
export type KeyedCall = {
  readonly channelId: Hex;
  readonly keySha256: string;
  readonly bodySha256: string;
  readonly at: number;
};

export type KeptAnswer = KeyedCall & {
  /** Of the answer, without what else is kept of it. */
  readonly bytes: number;
  readonly encode: (signed: SignedReceipt) => readonly Uint8Array[];
  /** As one that is too long to be kept. */
  readonly encodeWithoutBody: (signed: SignedReceipt) => readonly Uint8Array[];
  readonly onStored: (place: LogPlace) => void;
};

/** Where stored answers are. */
export type AnswerStore = {
  readonly read: (offset: number, length: number) => Promise<Buffer>;
  /** Of a ledger that others write to: the answer that is kept for a key, by its SHA-256. Undefined: all are known here. */
  readonly find: ((channelId: Hex, keySha256: string) => Promise<Buffer | undefined>) | undefined;
};

export type Idempotency = {
  /** A stored answer, or the begin of one without its body, and where the whole is. */
  readonly recover: (payload: Buffer, place: LogPlace) => void;
  /** Of a call that is charged though its answer broke off: its key is kept, so that a retry is told so, and not charged. */
  readonly brokenOff: (call: KeyedCall) => KeptAnswer;
  /**
   * The slot of a new call, or the answer of the first one, which is waited for while it runs.
   * @throws BaseError 409 `idempotency_conflict` when the key came with another body; 400 `idempotency_key_invalid`; 429
   * `idempotency_busy` when too many of its channel wait.
   */
  readonly begin: (
    request: { readonly channelId: Hex; readonly key: string; readonly path: string; readonly body: Uint8Array },
    answers: AnswerStore,
  ) => Promise<AnswerSlot | { readonly head: StoredAnswer; readonly body: Buffer }>;
};

type Entry = {
  /** Undefined while it is looked up. */
  readonly bodySha256: string | undefined;
  at: number;
  place?: LogPlace;
  running?: Promise<void> | undefined;
};

// Promised are 24 hours (R27). A clock may have been an hour behind when a key came, and be an hour ahead now.
const retainedMs = 26 * 60 * 60 * 1000;
const longestKey = 255;
// Of a channel. Each has its request in memory, even when its client has left.
const mostWaiting = 64;

/** Whether a key that came `at` is retained, both in milliseconds since 1970. */
export function isRetained(at: number, now: number): boolean {
  return now - at <= retainedMs;
}

/** R27: a call is charged at most once for each Idempotency-Key while it is retained. Keys belong to their channel. */
export function createIdempotency(now: () => number): Idempotency {
  // In the order of their time: the oldest leave first.
  const entries = new Map<string, Entry>();
  const forgetOld = (): void => {
    for (const [id, { at, running }] of entries) {
      if (running !== undefined || isRetained(at, now())) return;
      entries.delete(id);
    }
  };

  // One after another: asked for all at once, they would all be in memory before the first of them has left.
  const readInTurn = createTurns();

  const waiting = new Map<Hex, number>();
  const waitFor = async (running: Promise<void> | undefined, channelId: Hex): Promise<void> => {
    const others = waiting.get(channelId) ?? 0;
    if (others >= mostWaiting) throw busy(others);
    waiting.set(channelId, others + 1);
    await running;
    const left = (waiting.get(channelId) ?? 0) - 1;
    if (left > 0) waiting.set(channelId, left);
    else waiting.delete(channelId);
  };

  const open = (id: string, channelId: Hex, keySha256: string, bodySha256: string): AnswerSlot => {
    let over: (() => void) | undefined;
    const entry: Entry = { bodySha256, at: now(), running: new Promise((resolve) => (over = resolve)) };
    entries.set(id, entry);
    return {
      keep: (headers, body, tailBytes) =>
        keptAnswerOf({ channelId, keySha256, bodySha256, at: entry.at }, { headers, body, tailBytes }, (place) => {
          entry.place = place;
        }),
      end: () => {
        entry.running = undefined;
        if (entry.place === undefined) entries.delete(id);
        over?.();
      },
    };
  };

  /** Meanwhile nobody else looks the same key up, and `then` runs before anybody who waited for it. */
  const lookUp = async <T>(
    id: string,
    find: () => Promise<Buffer | undefined>,
    then: (found?: Buffer) => T,
  ): Promise<T> => {
    let over: (() => void) | undefined;
    entries.set(id, { bodySha256: undefined, at: now(), running: new Promise((resolve) => (over = resolve)) });
    try {
      const found = await find();
      entries.delete(id);
      return then(found);
    } catch (error) {
      if (entries.get(id)?.bodySha256 === undefined) entries.delete(id);
      throw error;
    } finally {
      over?.();
    }
  };

  return {
    recover: (payload, place) => {
      const { head } = decodeStoredAnswer(payload);
      if (!isRetained(head.at, now())) return;
      entries.set(`${head.channelId}/${head.keySha256}`, { bodySha256: head.bodySha256, at: head.at, place });
    },
    brokenOff: (call) =>
      keptAnswerOf(call, { headers: {}, body: undefined, tailBytes: -1 }, (place) => {
        const { channelId, keySha256, bodySha256, at } = call;
        entries.set(`${channelId}/${keySha256}`, { bodySha256, at, place });
      }),
    begin: async ({ channelId, key, path, body }, answers) => {
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
        if (entry === undefined) {
          const begin = (): AnswerSlot => open(id, channelId, keySha256, bodySha256);
          const { find } = answers;
          if (find === undefined) return begin();
          return await lookUp(
            id,
            () => find(channelId, keySha256),
            (found) => {
              if (found === undefined) return begin();
              const stored = decodeStoredAnswer(found);
              if (stored.head.bodySha256 !== bodySha256) throw conflict();
              return stored;
            },
          );
        }
        if (entry.bodySha256 !== undefined && entry.bodySha256 !== bodySha256) throw conflict();
        const { place } = entry;
        if (place !== undefined) {
          return decodeStoredAnswer(await readInTurn(() => answers.read(place.offset, place.length)));
        }
        await waitFor(entry.running, channelId);
      }
    },
  };
}

function keptAnswerOf(
  call: KeyedCall,
  answer: Pick<StoredAnswer, 'headers' | 'tailBytes'> & { readonly body: Uint8Array | undefined },
  onStored: (place: LogPlace) => void,
): KeptAnswer {
  const { channelId, keySha256, bodySha256, at } = call;
  const { headers, tailBytes, body } = answer;
  const encode = ({ receipt }: SignedReceipt, kept: Uint8Array | undefined): readonly Uint8Array[] =>
    encodeStoredAnswer(
      {
        channelId,
        keySha256,
        bodySha256,
        at,
        seq: receipt.seq.toString(),
        ...(receipt.channelId === channelId ? {} : { receiptChannelId: receipt.channelId }),
        headers,
        tailBytes,
        ...(kept === undefined ? { isTooLong: true } : {}),
      },
      kept ?? Buffer.alloc(0),
    );
  return {
    channelId,
    keySha256,
    bodySha256,
    at,
    bytes: body?.length ?? 0,
    encode: (signed) => encode(signed, body),
    encodeWithoutBody: (signed) => encode(signed, undefined),
    onStored,
  };
}

function conflict(): BaseError {
  return new BaseError('This Idempotency-Key, or this payment, was used with another request.', {
    code: 'idempotency_conflict',
    status: 409,
    hints: ['Use a new key, or a new payment, for a new request; repeat the same bytes to get the first answer again.'],
  });
}

function busy(waiting: number): BaseError {
  return new BaseError('Too many calls wait for the first one with their Idempotency-Key.', {
    code: 'idempotency_busy',
    status: 429,
    kind: 'transient',
    values: { waiting, retryAfterSeconds: 1 },
    hints: ['Try again with the same key when the first call has ended: it is charged once.'],
  });
}

function sha256(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}
