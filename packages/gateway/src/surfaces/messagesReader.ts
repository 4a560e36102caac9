import { scalarText } from '@kedge/core';
import { isObject, parseEvent, usageNumber } from './json.js';
import type { Counts, StreamReader, UpstreamUsage } from './surface.js';
import { createTextMeter, type TextMeter } from './textMeter.js';

/** Reads the events of a streamed message in the Anthropic format, closed by `message_stop`. */
export function createMessagesReader(known: Counts): StreamReader {
  const meter = createTextMeter();
  const openBlocks = new Set<string>();
  let usage: Record<string, unknown> = {};
  return {
    read: (data) => {
      const event = parseEvent(data);
      if (event === undefined) return 'pass';
      const block = scalarText(event['index']);
      if (event['type'] === 'message_stop') return 'last';
      if (event['type'] === 'message_start' && isObject(event['message']) && isObject(event['message']['usage'])) {
        usage = { ...usage, ...event['message']['usage'] };
      } else if (event['type'] === 'message_delta' && isObject(event['usage'])) usage = { ...usage, ...event['usage'] };
      else if (event['type'] === 'content_block_start') {
        openBlocks.add(block);
        addContentBlock(meter, block, event['content_block']);
      } else if (event['type'] === 'content_block_stop') openBlocks.delete(block);
      else if (event['type'] === 'content_block_delta' && isObject(event['delta'])) {
        const { text, thinking, partial_json: json } = event['delta'];
        meter.add(`${block}/text`, text);
        meter.add(`${block}/input`, json);
        meter.addReasoning(`${block}/thinking`, thinking);
      }
      return 'pass';
    },
    exceeds: meter.exceeds,
    measured: () => ({ counts: { ...known, ...meter.tokens() }, usage: messagesUsage(usage) }),
    cut: () => ({
      before: [
        ...[...openBlocks].map((index) => ({ type: 'content_block_stop', index: Number(index) })),
        {
          type: 'message_delta',
          delta: { stop_reason: 'max_tokens', stop_sequence: null },
          usage: { output_tokens: meter.tokens().outputTokens },
        },
      ]
        .map(eventText)
        .join(''),
      last: eventText({ type: 'message_stop' }),
    }),
    errorEvent: ({ message }) => eventText({ type: 'error', error: { type: 'api_error', message } }),
  };
}

/** One element of a message's `content`, whole or as it begins in a stream. */
export function addContentBlock(meter: TextMeter, index: string, block: unknown): void {
  if (!isObject(block)) return;
  meter.add(`${index}/text`, block['text']);
  meter.addReasoning(`${index}/thinking`, block['thinking']);
  if (block['type'] !== 'tool_use') return;
  meter.add(`${index}/name`, block['name']);
  // In a stream it begins as {} and comes in pieces.
  const input = block['input'];
  if (isObject(input) && Object.keys(input).length > 0) meter.add(`${index}/input`, JSON.stringify(input));
}

/** The `usage` of a message. Its `input_tokens` are without those of the cache; here they are with them. */
export function messagesUsage(usage: unknown): UpstreamUsage | undefined {
  if (!isObject(usage)) return undefined;
  const input = usageNumber(usage['input_tokens']);
  const cached = usageNumber(usage['cache_read_input_tokens']);
  const written = usageNumber(usage['cache_creation_input_tokens']);
  return {
    input: input === undefined ? undefined : input + (cached ?? 0) + (written ?? 0),
    cached,
    output: usageNumber(usage['output_tokens']),
  };
}

function eventText(event: { readonly type: string; readonly [field: string]: unknown }): string {
  return `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
}
