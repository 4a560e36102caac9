import { BaseError, receiptCommentPrefix, toProblemDetails } from '@kedge/core';
import { reasonOf } from '../structuredLog.js';
import { endOfQuotedStream } from '../rates/endOfQuotedStream.js';
import { quoteEnded } from '../rates/quoteEnded.js';
import { createSseSplitter, sseData } from '../sse/sseSplitter.js';
import { invalidAnswer } from '../surfaces/json.js';
import type { Call } from './call.js';
import type { CallServices } from './callServices.js';
import { chargeCall, commitInputOf } from './chargeCall.js';
import { createDelivery } from './createDelivery.js';
import { receiptText } from './receiptText.js';
import type { UpstreamCall } from '../upstream/upstream.js';
import { createStrictGate } from '../vouchers/createStrictGate.js';

const maxEventBytes = 1024 * 1024;
const clockMs = 250;
const nothing = Buffer.alloc(0);

/**
 * One streamed answer on its way. Every way it may end charges what was handed to the client, once; where that is no part of
 * an answer, nothing.
 */
export type StreamAnswer = {
  readonly data: (chunk: Buffer) => void;
  /** The upstream ended the stream. */
  readonly end: () => void;
  /** The upstream failed in the middle. */
  readonly fail: (error: BaseError) => void;
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
  const { channelId } = call.served;
  const limit = request.quote.outputCap * request.quote.choices;
  const salt = services.newSalt(call.served.key?.apiKeySha256);
  const delivery = createDelivery(response, upstream, salt, call.slot && services.maxAnswerBytes);
  const splitter = createSseSplitter(maxEventBytes);
  const reader = request.readStream();
  let done: Buffer | undefined;
  let over = false;

  // Returns whether the event goes to the client now.
  const read = (event: Buffer): boolean => {
    if (done !== undefined) return false;
    const fate = reader.read(sseData(event));
    if (fate === 'last') done = event;
    return fate === 'pass';
  };

  const hasAnswer = (): boolean => reader.said() === 'answer' || reader.measured().counts.outputTokens > 0;

  /** Ends the stream with `last`, which is what the client gets after the receipt. Nothing is charged where nothing of an answer came. */
  const finish = async (last: Buffer): Promise<void> => {
    over = true;
    try {
      const { responseHash, kept } = delivery.conclude(last);
      if (!hasAnswer()) return response.end(last);
      const measured = reader.measured();
      const answer = call.slot?.keep(headers, kept, last.length);
      const input = commitInputOf(call, { salt, responseHash, measured, answer }, services);
      const signed = await chargeCall(call, measured, input, services);
      const receipt = signed === undefined ? '' : `${receiptCommentPrefix}${receiptText(signed)}\n\n`;
      response.end(Buffer.concat([Buffer.from(receipt), last]));
      services.checkUsage(measured, call);
    } catch (error) {
      call.span?.failed(error);
      services.log.error('stream_unrecorded', { channelId, reason: reasonOf(error) });
      response.destroy();
    } finally {
      clearInterval(clock);
      onOver();
    }
  };

  /** The stream has come to its end. */
  const close = (last: Buffer): void => {
    if (!hasAnswer()) {
      if (reader.said() === 'nothing') return giveUp(withoutAnswer());
      // The upstream has said itself what went wrong.
      call.span?.failed(withoutAnswer());
      services.log.warn('stream_failed', { channelId, delivered: delivery.handedBytes, code: 'upstream_failed' });
    }
    void finish(last);
  };

  const giveUp = (error: BaseError): void => {
    if (over) return;
    const { code } = error;
    call.span?.failed(error);
    services.log.warn('stream_failed', { channelId, delivered: delivery.handedBytes, code, reason: reasonOf(error) });
    void finish(Buffer.from(reader.errorEvent(toProblemDetails(error).body.error)));
  };
  const breakOff = (error: BaseError): void => giveUp(hasAnswer() ? brokenOff(error) : error);

  const cut = (why: { readonly limit: number } | { readonly quoteEndedAt: number }): void => {
    upstream().abort();
    services.log.warn('stream_cut', { channelId, ...why });
    const { before, last } = reader.cut();
    delivery.hand(Buffer.from(before));
    void finish(Buffer.from(last));
  };

  const closeIfDone = (): void => {
    if (done !== undefined) close(done);
    else if (reader.exceeds(limit)) cut({ limit });
  };

  const quoteEndsAt = endOfQuotedStream(call.served);
  const endInTime = (): void => {
    if (over || quoteEndsAt === undefined || services.nowSeconds() < quoteEndsAt) return;
    if (hasAnswer()) return cut({ quoteEndedAt: quoteEndsAt });
    upstream().abort();
    giveUp(quoteEnded());
  };
  const clock = quoteEndsAt === undefined ? undefined : setInterval(endInTime, clockMs);

  response.begin(200, headers);

  call.strict?.watch(() => {
    if (!hasAnswer()) return undefined;
    const responseHash = delivery.hash();
    const measured = reader.measured();
    const answer = call.slot?.keep(headers, undefined, 0);
    const input = commitInputOf(call, { salt, responseHash, measured, answer }, services);
    return { input, outputTokens: measured.counts.outputTokens };
  });
  const gate =
    call.strict &&
    createStrictGate(call.strict, {
      ahead: request.readStream(),
      pass: (event) => {
        if (over) return false;
        if (read(event)) delivery.hand(event);
        closeIfDone();
        return !over;
      },
      comment: delivery.hand,
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
      } catch (cause) {
        upstream().abort();
        return breakOff(invalidAnswer(`has an event of more than ${maxEventBytes} bytes`, cause));
      }
      if (gate !== undefined) return gate.push(events);
      for (const event of events) if (read(event)) delivery.hand(event);
      closeIfDone();
    },
    end: () => {
      if (over) return;
      // Without its closing blank line it is no event to the standard, but it is to some clients.
      const rest = closedEvent(splitter.rest());
      if (gate !== undefined) {
        if (rest.length > 0) gate.push([rest]);
        return gate.whenEmpty(() => {
          if (!over) close(done ?? nothing);
        });
      }
      if (rest.length > 0 && read(rest)) delivery.hand(rest);
      close(done ?? nothing);
    },
    fail: breakOff,
    abandon: () => {
      if (over) return;
      if (call.slot !== undefined) return upstream().resume();
      upstream().abort();
      void finish(nothing);
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

/** The upstream failed in the middle of its answer. */
function brokenOff(error: BaseError): BaseError {
  return error.with({
    ...(error.code === 'upstream_failed' ? { message: 'The upstream broke off its answer.' } : {}),
    hints: [
      'What came until then is charged once: its receipt is right before this.',
      'For the whole answer make a new call, with another Idempotency-Key if it had one.',
    ],
  });
}

function withoutAnswer(): BaseError {
  return new BaseError('The upstream ended its stream without an answer.', {
    code: 'upstream_failed',
    status: 502,
    kind: 'transient',
    hints: ['Nothing was charged. Try again; the operator finds the cause in the log.'],
  });
}
