import { addMessageEvent, isJsonObject, scalarText } from '@kedge/core';
import { parseEvent, usageNumber } from './json.js';
import type { Counts, StreamReader, UpstreamUsage } from './surface.js';
import { createTextMeter } from './textMeter.js';

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
      if (
        event['type'] === 'message_start' &&
        isJsonObject(event['message']) &&
        isJsonObject(event['message']['usage'])
      ) {
        usage = { ...usage, ...event['message']['usage'] };
      } else if (event['type'] === 'message_delta' && isJsonObject(event['usage']))
        usage = { ...usage, ...event['usage'] };
      else if (event['type'] === 'content_block_start') openBlocks.add(block);
      else if (event['type'] === 'content_block_stop') openBlocks.delete(block);
      addMessageEvent(meter, event);
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

/** The `usage` of a message. Its `input_tokens` are without those of the cache; here they are with them. */
export function messagesUsage(usage: unknown): UpstreamUsage | undefined {
  if (!isJsonObject(usage)) return undefined;
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
