import { BaseError, dueCommentPrefix } from '@kedge/core';
import { sseData } from '../sse/sseSplitter.js';
import type { StreamReader } from '../surfaces/surface.js';
import type { StrictCall } from './openStrictCall.js';

/** Holds a stream's events back until they are paid for, as far as the exposure ends (R11). */
export type StrictGate = {
  readonly push: (events: readonly Buffer[]) => void;
  /** Calls back when nothing is held any more. */
  readonly whenEmpty: (callback: () => void) => void;
};

/**
 * Lets events through one by one. One that the exposure does not cover waits for a voucher; a comment tells the client what
 * the answer comes to so far, so that it signs as much when it agrees.
 */
export function createStrictGate(
  strict: StrictCall,
  stream: {
    /** Of its own: reads what was let through, and the first that is held. */
    readonly ahead: StreamReader;
    /** Gives an event to the client, and answers whether more may follow. */
    readonly pass: (event: Buffer) => boolean;
    readonly comment: (bytes: Buffer) => void;
    readonly deliveredTokens: () => number;
    readonly pause: () => void;
    readonly resume: () => void;
    /** No voucher came in time. */
    readonly unpaid: (error: BaseError) => void;
  },
): StrictGate {
  const held: Buffer[] = [];
  const { ahead } = stream;
  let isCounted = false;
  let isWaiting = false;
  let isOver = false;
  let onEmpty: (() => void) | undefined;

  const isCovered = (event: Buffer): boolean => {
    if (!isCounted) ahead.read(sseData(event));
    isCounted = true;
    if (!ahead.exceeds(strict.tokenLimit())) return true;
    const tokens = ahead.measured().counts.outputTokens;
    const delivered = stream.deliveredTokens();
    if (strict.extend(tokens, delivered)) return true;
    isWaiting = true;
    stream.pause();
    stream.comment(Buffer.from(`${dueCommentPrefix}${strict.unitsAt(delivered)}\n\n`));
    strict.wait(tokens, delivered, (isPaid) => {
      isWaiting = false;
      if (isOver) return;
      if (isPaid) {
        stream.resume();
        return pump();
      }
      isOver = true;
      stream.unpaid(unpaid(strict.unitsAt(delivered)));
    });
    return false;
  };

  const pump = (): void => {
    for (let event = held[0]; event !== undefined && !isOver; event = held[0]) {
      if (!isCovered(event)) return;
      held.shift();
      isCounted = false;
      if (!stream.pass(event)) isOver = true;
    }
    if (!isOver && held.length === 0) onEmpty?.();
  };

  return {
    push: (events) => {
      if (isOver) return;
      held.push(...events);
      if (isWaiting) stream.pause();
      else pump();
    },
    whenEmpty: (callback) => {
      onEmpty = callback;
      if (!isWaiting && !isOver) pump();
    },
  };
}

function unpaid(dueUnits: bigint): BaseError {
  return new BaseError('No voucher came for what was delivered.', {
    code: 'voucher_needed',
    status: 402,
    values: { clause: 'R11', dueUnits },
    hints: ['Sign vouchers while the stream runs: kedgeFetch of @kedge/sdk and kedge connect do it.'],
  });
}
