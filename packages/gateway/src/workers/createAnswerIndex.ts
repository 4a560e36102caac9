import type { Hex } from '@kedge/core';
import { isRetained } from '../idempotency/createIdempotency.js';
import { decodeStoredAnswer } from '../idempotency/storedAnswer.js';
import type { LogPlace } from '../ledger/ledgerIndex.js';

/** Where in the log the answer for each Idempotency-Key is, for as long as keys are retained (R27). */
export type AnswerIndex = {
  /** One that begins like the payload, and is there. */
  readonly add: (payload: Buffer, place: LogPlace) => void;
  readonly find: (channelId: Hex, keySha256: string) => LogPlace | undefined;
};

export function createAnswerIndex(now: () => number): AnswerIndex {
  // In the order in which they were kept: the oldest leave first.
  const places = new Map<string, LogPlace & { readonly at: number }>();
  const forgetOld = (): void => {
    for (const [id, { at }] of places) {
      if (isRetained(at, now())) return;
      places.delete(id);
    }
  };
  return {
    add: (payload, place) => {
      forgetOld();
      const { channelId, keySha256, at } = decodeStoredAnswer(payload).head;
      if (isRetained(at, now())) places.set(`${channelId}/${keySha256}`, { ...place, at });
    },
    find: (channelId, keySha256) => {
      const found = places.get(`${channelId}/${keySha256}`);
      return found !== undefined && isRetained(found.at, now()) ? found : undefined;
    },
  };
}
