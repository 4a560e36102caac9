import type { SignedReceipt } from '@kedge/core';

/** One thing a client wanted once, however often it asked. */
export type LogicalCall = {
  readonly id: number;
  /** Which of the world's channels pays. */
  readonly channel: number;
  readonly body: string;
  readonly isStream: boolean;
  /** An Idempotency-Key; without it a call is made once. */
  readonly key: string | undefined;
  /** Milliseconds on the client's clock. */
  readonly startedAt: number;
  endedAt: number;
  readonly attempts: Outcome[];
};

/**
 * How one request ended. `answered`: whole, with its receipt. `refused`: whole, without one: nothing may be charged.
 * `broken`: the client cannot know, because the gateway or the client itself went away.
 */
export type Outcome =
  | { readonly kind: 'answered'; readonly signed: SignedReceipt; readonly response: Buffer }
  | { readonly kind: 'refused'; readonly status: number }
  | {
      readonly kind: 'broken';
      /** The client hung up. */
      readonly isOwn: boolean;
    };
