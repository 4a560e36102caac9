import {
  concatBytes,
  createEventSplitter,
  decodeSignedReceipt,
  dueCommentPrefix,
  receiptCommentPrefix,
  type SignedReceipt,
} from '@kedge/core';
import type { CallMeter } from './createCallMeter.js';
import { jsonOfEvent } from './readAnswer.js';
import { requireShort } from './readBytes.js';
import { badReceipt, overcounts, readReceipt } from './voucherErrors.js';

/** What a stream's reader hears of. */
type PaidStreamListener = {
  /** More arrived; the meter has counted it. */
  readonly onProgress: () => void;
  /** The operator waits for a voucher over what was delivered. The stream goes on when it resolves. */
  readonly onDue: () => Promise<void>;
  /** The final receipt came; `body` is every byte of the stream without the receipt's own line, its end included. */
  readonly onReceipt: (signed: SignedReceipt, body: Uint8Array) => Promise<void>;
  /** It ended without a receipt, and without any part of an answer: the upstream failed at once, say. It costs nothing. */
  readonly onNothing: () => void;
  /** It ended without the receipt that it owes, with one that is not good, or its reader left (no error then). */
  readonly onLost: (error?: unknown) => void;
};

/**
 * Passes a stream's events on as they come, unaltered, and counts them. What follows the receipt is held until the receipt
 * was found good: a client that reads to `[DONE]` knows that its answer is accounted for.
 */
export function readPaidStream(
  body: ReadableStream<Uint8Array>,
  meter: CallMeter,
  listener: PaidStreamListener,
): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  const splitter = createEventSplitter();
  const kept: Uint8Array[] = [];
  let receipt: SignedReceipt | undefined;
  let after: Uint8Array[] = [];
  let hasLeft = false;
  let bytes = 0;

  /** Answers whether the event went to the stream's reader. */
  const take = async (event: Uint8Array, controller: ReadableStreamDefaultController<Uint8Array>): Promise<boolean> => {
    const comment = commentOf(event);
    if (comment?.startsWith(receiptCommentPrefix) === true) {
      const text = comment.slice(receiptCommentPrefix.length);
      receipt = readReceipt(() => decodeSignedReceipt(text));
      after.push(event);
      return false;
    }
    kept.push(event);
    // What comes after the receipt may say more than all before it: the last event of a response holds the whole once more.
    const json = jsonOfEvent(event);
    if (json !== undefined) meter.addEvent(json);
    if (receipt !== undefined) {
      after.push(event);
      return false;
    }
    controller.enqueue(event);
    if (comment?.startsWith(dueCommentPrefix) === true) {
      const dueUnits = BigInt(/^\d{1,20}$/.exec(comment.slice(dueCommentPrefix.length).trim())?.[0] ?? 0);
      const ownUnits = meter.units();
      if (dueUnits > ownUnits) {
        throw overcounts(`it asks for ${dueUnits} base units, this client counts ${ownUnits}`, { dueUnits, ownUnits });
      }
      await listener.onDue();
    } else listener.onProgress();
    return true;
  };

  const finish = async (controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> => {
    const rest = splitter.rest();
    if (rest.length > 0) await take(rest, controller);
    if (receipt !== undefined) await listener.onReceipt(receipt, concatBytes(kept));
    else if (meter.counts()?.outputTokens === 0) listener.onNothing();
    else throw badReceipt('the stream ended without one');
    for (const event of after) controller.enqueue(event);
    after = [];
    controller.close();
  };

  return new ReadableStream<Uint8Array>({
    pull: async (controller) => {
      try {
        // Until an event is complete: a stream that is pulled and gives nothing is not pulled again.
        for (let isPassed = false; !isPassed;) {
          const { done, value } = await reader.read();
          // What the reader of the stream ends itself is no fault of the operator.
          if (hasLeft) return;
          if (done) return await finish(controller);
          bytes += value.length;
          requireShort(bytes);
          for (const event of splitter.push(value)) isPassed = (await take(event, controller)) || isPassed;
        }
      } catch (error) {
        listener.onLost(error);
        await reader.cancel(error).catch(() => undefined);
        controller.error(error);
      }
    },
    cancel: async (reason) => {
      hasLeft = true;
      listener.onLost();
      await reader.cancel(reason);
    },
  });
}

function commentOf(event: Uint8Array): string | undefined {
  if (event[0] !== 0x3a) return undefined;
  return new TextDecoder().decode(event).split('\n', 1)[0];
}
