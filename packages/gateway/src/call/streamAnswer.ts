import { createHash } from 'node:crypto';
import { bytesToHex, hexToBytes, receiptCommentPrefix, toProblemDetails } from '@kedge/core';
import { reasonOf } from '../structuredLog.js';
import { createSseSplitter, sseData } from '../sse/sseSplitter.js';
import type { Call, CallServices } from './callContext.js';
import { chargeCall } from './chargeCall.js';
import { createOutputMeter, isObject } from './outputMeter.js';
import { receiptText } from './receiptText.js';
import type { UpstreamCall } from '../upstream/upstream.js';
import { createStrictGate } from '../vouchers/createStrictGate.js';

const maxEventBytes = 1024 * 1024;

/** One streamed answer on its way. Every way it may end charges what was handed to the client, once. */
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
 * Passes events on as they come, unaltered, and counts them. Held back are only the closing `[DONE]`, until the receipt is
 * durable and written before it as a comment (R17), and the usage event that the gateway asked for and the client did not.
 */
export function streamAnswer(
  call: Call,
  headers: Record<string, string>,
  upstream: () => UpstreamCall,
  services: CallServices,
  onOver: () => void,
): StreamAnswer {
  const { response, quote, request } = call;
  const wantsUsage = request.stream_options?.include_usage === true;
  const limit = quote.outputCap * quote.choices;
  const salt = services.randomSalt();
  const responseHash = createHash('sha256').update(hexToBytes(salt));
  const splitter = createSseSplitter(maxEventBytes);
  const meter = createOutputMeter();
  const unfinished = new Set<number>();
  let lastChunk: Record<string, unknown> = {};
  let usage: unknown;
  let done: Buffer | undefined;
  let delivered = 0;
  const kept: Buffer[] | undefined = call.slot === undefined ? undefined : [];
  let over = false;

  const hand = (bytes: Buffer): void => {
    if (bytes.length === 0) return;
    responseHash.update(bytes);
    delivered += bytes.length;
    kept?.push(bytes);
    if (response.write(bytes)) return;
    upstream().pause();
    response.onDrain(() => upstream().resume());
  };

  // Returns whether the event goes to the client.
  const read = (event: Buffer): boolean => {
    const data = sseData(event);
    if (data === undefined) return true;
    if (data.trim() === '[DONE]') {
      done = event;
      return false;
    }
    const chunk = parseChunk(data);
    if (chunk === undefined) return true;
    if (isObject(chunk['usage'])) usage = chunk['usage'];
    const choices = Array.isArray(chunk['choices']) ? (chunk['choices'] as unknown[]) : undefined;
    if (choices === undefined) return true;
    if (choices.length === 0) return wantsUsage || !isObject(chunk['usage']);
    lastChunk = chunk;
    for (const choice of choices) {
      meter.add(choice);
      if (!isObject(choice)) continue;
      const index = Number(choice['index'] ?? 0);
      if (choice['finish_reason'] === null || choice['finish_reason'] === undefined) unfinished.add(index);
      else unfinished.delete(index);
    }
    return true;
  };

  /** Charges, then closes the stream with `last` (what the client gets after the receipt, hashed with the rest). */
  const finish = async (last: Buffer): Promise<void> => {
    over = true;
    const outputTokens = meter.tokens();
    responseHash.update(last);
    try {
      const hash = bytesToHex(responseHash.digest());
      const answer = call.slot?.keep(headers, Buffer.concat([...(kept ?? []), last]), last.length);
      const signed = await chargeCall(call, { salt, responseHash: hash, outputTokens, answer }, services);
      response.write(Buffer.concat([Buffer.from(`${receiptCommentPrefix}${receiptText(signed)}\n\n`), last]));
      response.end();
      services.checkUsage(
        usage,
        { input: quote.inputTokens, output: outputTokens },
        { channelId: call.served.channelId, model: call.request.model },
      );
    } catch (error) {
      services.log.error('stream_unrecorded', { channelId: call.served.channelId, reason: reasonOf(error) });
      response.destroy();
    } finally {
      onOver();
    }
  };

  const giveUp = (error: unknown): void => {
    if (over) return;
    services.log.warn('stream_failed', { channelId: call.served.channelId, delivered, reason: reasonOf(error) });
    // An `error` object in a data event is what OpenAI clients raise; there is no [DONE] after it.
    const event = Buffer.from(`data: ${JSON.stringify({ error: toProblemDetails(error).body.error })}\n\n`);
    if (delivered > 0) return void finish(event);
    over = true;
    response.write(event);
    response.end();
    onOver();
  };

  const cut = (): void => {
    upstream().abort();
    services.log.warn('stream_cut', { channelId: call.served.channelId, limit });
    const { id, created, model } = lastChunk;
    const choices = [...unfinished].map((index) => ({ index, delta: {}, finish_reason: 'length' }));
    const closing = { id, object: 'chat.completion.chunk', created, model, choices };
    if (choices.length > 0) hand(Buffer.from(`data: ${JSON.stringify(closing)}\n\n`));
    void finish(Buffer.from('data: [DONE]\n\n'));
  };

  response.begin(200, headers);

  const gate =
    call.strict &&
    createStrictGate(call.strict, {
      choicesOf: (event) => {
        const choices = parseChunk(sseData(event) ?? '')?.['choices'];
        return Array.isArray(choices) ? (choices as unknown[]) : [];
      },
      pass: (event) => {
        if (over) return false;
        if (read(event)) hand(event);
        if (done !== undefined) void finish(done);
        else if (meter.exceeds(limit)) cut();
        return !over;
      },
      comment: hand,
      deliveredTokens: meter.tokens,
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
      const passed = events.filter(read);
      // One write for what came together, and no copy where it is the chunk itself.
      if (passed.length > 0) hand(passed.length === 1 ? (passed[0] as Buffer) : joined(passed, chunk));
      if (done !== undefined) void finish(done);
      else if (meter.exceeds(limit)) cut();
    },
    end: () => {
      if (over) return;
      // Without its closing blank line it is no event to the standard, but it is to some clients.
      const rest = splitter.rest();
      if (gate !== undefined) {
        if (rest.length > 0) gate.push([rest]);
        return gate.whenEmpty(() => {
          if (!over) void finish(done ?? Buffer.alloc(0));
        });
      }
      if (rest.length > 0 && read(rest)) hand(rest);
      void finish(done ?? Buffer.alloc(0));
    },
    fail: giveUp,
    abandon: () => {
      if (over) return;
      if (kept !== undefined) return upstream().resume();
      upstream().abort();
      if (delivered > 0) {
        void finish(Buffer.alloc(0));
        return;
      }
      over = true;
      onOver();
    },
  };
}

function joined(events: readonly Buffer[], chunk: Buffer): Buffer {
  const bytes = events.reduce((sum, event) => sum + event.length, 0);
  const isChunk =
    bytes === chunk.length && events[0]?.buffer === chunk.buffer && events[0].byteOffset === chunk.byteOffset;
  return isChunk ? chunk : Buffer.concat(events);
}

function parseChunk(data: string): Record<string, unknown> | undefined {
  try {
    const chunk: unknown = JSON.parse(data);
    return isObject(chunk) ? chunk : undefined;
  } catch {
    // Not ours to judge: it passes on unaltered and counts for nothing.
    return undefined;
  }
}
