import { createHash } from 'node:crypto';
import { BaseError, bytesToHex, hexToBytes, receiptCommentPrefix, toProblemDetails } from '@kedge/core';
import { reasonOf } from '../structuredLog.js';
import { endOfQuotedStream } from '../rates/endOfQuotedStream.js';
import { quoteEnded } from '../rates/quoteEnded.js';
import { createSseSplitter, sseData } from '../sse/sseSplitter.js';
import type { Call } from './call.js';
import type { CallServices } from './callServices.js';
import { chargeCall, commitInputOf } from './chargeCall.js';
import { receiptText } from './receiptText.js';
import type { UpstreamCall } from '../upstream/upstream.js';
import { createStrictGate } from '../vouchers/createStrictGate.js';

const maxEventBytes = 1024 * 1024;
const clockMs = 250;
const soon = Promise.resolve();

/**
 * One streamed answer on its way. Every way it may end charges what was handed to the client, once; where that is no part of
 * an answer, nothing.
 */
export type StreamAnswer = {
  readonly data: (chunk: Buffer) => void;
  /** The upstream ended the stream. */
  readonly end: () => void;
  /** The upstream failed in the middle. */
  readonly fail: (error: unknown) => void;
  /** The client left. */
  readonly abandon: () => void;
};

/**
 * Passes events on as they come, unaltered, and counts them. Held back are only the closing event (`[DONE]`), until the
 * receipt is durable and written before it as a comment (R17), and a usage event that the gateway asked for and the client did not.
 */
export function streamAnswer(
  call: Call,
  headers: Record<string, string>,
  upstream: () => UpstreamCall,
  services: CallServices,
  onOver: () => void,
): StreamAnswer {
  const { response, request } = call;
  const limit = request.quote.outputCap * request.quote.choices;
  const salt = services.newSalt(call.served.key?.apiKeySha256);
  const responseHash = createHash('sha256').update(hexToBytes(salt));
  const splitter = createSseSplitter(maxEventBytes);
  const reader = request.readStream();
  let done: Buffer | undefined;
  let delivered = 0;
  // For a retry; emptied when it grows longer than what is kept.
  let kept: Buffer[] | undefined = call.slot === undefined ? undefined : [];
  let keptBytes = 0;
  let leaving: Buffer[] = [];
  let over = false;

  const hand = (bytes: Buffer): void => {
    if (bytes.length === 0) return;
    delivered += bytes.length;
    leaving.push(bytes);
    // One write for all that one read of the upstream's connection brings: that read is over when microtasks run.
    if (leaving.length === 1) void soon.then(write);
  };

  const keep = (bytes: Buffer): void => {
    if (kept === undefined) return;
    keptBytes += bytes.length;
    if (keptBytes <= services.maxAnswerBytes) kept.push(bytes);
    else kept = undefined;
  };

  const write = (): void => {
    const [only] = leaving;
    if (only === undefined) return;
    const bytes = leaving.length === 1 ? only : Buffer.concat(leaving);
    leaving = [];
    responseHash.update(bytes);
    keep(bytes);
    if (response.write(bytes)) return;
    upstream().pause();
    response.onDrain(() => upstream().resume());
  };

  // Returns whether the event goes to the client now.
  const read = (event: Buffer): boolean => {
    if (done !== undefined) return false;
    const fate = reader.read(sseData(event));
    if (fate === 'last') done = event;
    return fate === 'pass';
  };

  /** What is left of the upstream's stream is read and thrown away: paused for a slow client, it would hold its connection for ever. */
  const stop = (): void => {
    over = true;
    write();
    upstream().resume();
  };

  /** Charges, then closes the stream with `last` (what the client gets after the receipt, hashed with the rest). */
  const finish = async (last: Buffer): Promise<void> => {
    stop();
    const measured = reader.measured();
    responseHash.update(last);
    try {
      const hash = bytesToHex(responseHash.digest());
      keep(last);
      const answer = call.slot?.keep(headers, kept && Buffer.concat(kept), last.length);
      const input = commitInputOf(call, { salt, responseHash: hash, measured, answer }, services);
      const signed = await chargeCall(call, measured, input, services);
      const receipt = signed === undefined ? '' : `${receiptCommentPrefix}${receiptText(signed)}\n\n`;
      response.end(Buffer.concat([Buffer.from(receipt), last]));
      services.checkUsage(measured, call);
    } catch (error) {
      services.log.error('stream_unrecorded', { channelId: call.served.channelId, reason: reasonOf(error) });
      response.destroy();
    } finally {
      settle();
    }
  };

  const hasAnswer = (): boolean => reader.said() === 'answer' || reader.measured().counts.outputTokens > 0;

  /** Ends a stream that brought nothing of an answer, and costs nothing. */
  const endWithout = (last: Buffer): void => {
    stop();
    response.end(last);
    settle();
  };

  /** The stream has come to its end. */
  const close = (last: Buffer): void => {
    if (hasAnswer()) return void finish(last);
    if (reader.said() === 'nothing') return giveUp(withoutAnswer());
    // The upstream has said itself what went wrong.
    services.log.warn('stream_failed', { channelId: call.served.channelId, delivered });
    endWithout(last);
  };

  const giveUp = (error: unknown): void => {
    if (over) return;
    services.log.warn('stream_failed', { channelId: call.served.channelId, delivered, reason: reasonOf(error) });
    const event = Buffer.from(reader.errorEvent(toProblemDetails(error).body.error));
    if (hasAnswer()) void finish(event);
    else endWithout(event);
  };

  const cut = (why: { readonly limit: number } | { readonly quoteEndedAt: number }): void => {
    upstream().abort();
    services.log.warn('stream_cut', { channelId: call.served.channelId, ...why });
    const { before, last } = reader.cut();
    hand(Buffer.from(before));
    void finish(Buffer.from(last));
  };

  const quoteEndsAt = endOfQuotedStream(call.served);
  const endInTime = (): void => {
    if (over || quoteEndsAt === undefined || services.nowSeconds() < quoteEndsAt) return;
    if (hasAnswer()) return cut({ quoteEndedAt: quoteEndsAt });
    upstream().abort();
    giveUp(quoteEnded());
  };
  const clock = quoteEndsAt === undefined ? undefined : setInterval(endInTime, clockMs);
  const settle = (): void => {
    clearInterval(clock);
    onOver();
  };

  response.begin(200, headers);

  call.strict?.watch(() => {
    if (!hasAnswer()) return undefined;
    write();
    const hash = bytesToHex(responseHash.copy().digest());
    const measured = reader.measured();
    const answer = call.slot?.keep(headers, undefined, 0);
    const input = commitInputOf(call, { salt, responseHash: hash, measured, answer }, services);
    return { input, outputTokens: measured.counts.outputTokens };
  });
  const gate =
    call.strict &&
    createStrictGate(call.strict, {
      ahead: request.readStream(),
      pass: (event) => {
        if (over) return false;
        if (read(event)) hand(event);
        if (done !== undefined) close(done);
        else if (reader.exceeds(limit)) cut({ limit });
        return !over;
      },
      comment: hand,
      deliveredTokens: () => reader.measured().counts.outputTokens,
      pause: () => upstream().pause(),
      resume: () => upstream().resume(),
      unpaid: (error) => {
        upstream().abort();
        giveUp(error);
      },
    });

  return {
    data: (chunk) => {
      if (over) return;
      let events: Buffer[];
      try {
        events = splitter.push(chunk);
      } catch (error) {
        upstream().abort();
        return giveUp(error);
      }
      if (gate !== undefined) return gate.push(events);
      for (const event of events) if (read(event)) hand(event);
      if (done !== undefined) close(done);
      else if (reader.exceeds(limit)) cut({ limit });
    },
    end: () => {
      if (over) return;
      // Without its closing blank line it is no event to the standard, but it is to some clients.
      const rest = closedEvent(splitter.rest());
      if (gate !== undefined) {
        if (rest.length > 0) gate.push([rest]);
        return gate.whenEmpty(() => {
          if (!over) close(done ?? Buffer.alloc(0));
        });
      }
      if (rest.length > 0 && read(rest)) hand(rest);
      close(done ?? Buffer.alloc(0));
    },
    fail: giveUp,
    abandon: () => {
      if (over) return;
      if (call.slot !== undefined) return upstream().resume();
      upstream().abort();
      if (hasAnswer()) {
        void finish(Buffer.alloc(0));
        return;
      }
      over = true;
      settle();
    },
  };
}

/** The last event of a stream with the blank line that it may lack: else the receipt after it would be a part of it. */
function closedEvent(event: Buffer): Buffer {
  if (event.length === 0) return event;
  const tail = event.toString('latin1', Math.max(0, event.length - 4));
  const breaks = /(?:\r\n|\n|\r)*$/.exec(tail)?.[0].match(/\r\n|\n|\r/g)?.length ?? 0;
  return Buffer.concat([event, Buffer.from('\n'.repeat(Math.max(0, 2 - breaks)))]);
}

function withoutAnswer(): BaseError {
  return new BaseError('The upstream ended its stream without an answer.', {
    code: 'upstream_failed',
    status: 502,
    kind: 'transient',
    hints: ['Nothing was charged. Try again; the operator finds the cause in the log.'],
  });
}
