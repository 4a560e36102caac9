import { addMessageEvent, type Counts, messageEventUsage, messagesUsage, scalarText } from '@kedge/core';
import { parseEvent } from './json.js';
import type { StreamReader, StreamSaid } from './surface.js';
import { createTextMeter } from './textMeter.js';

/** Reads the events of a streamed message in the Anthropic format, closed by `message_stop`. */
export function createMessagesReader(known: Counts): StreamReader {
  const meter = createTextMeter();
  const openBlocks = new Set<string>();
  let usage: Record<string, unknown> = {};
  let said: StreamSaid = 'nothing';
  return {
    read: (data) => {
      const event = parseEvent(data);
      if (event === undefined) return 'pass';
      const block = scalarText(event['index']);
      if (event['type'] === 'message_stop') return 'last';
      const spent = messageEventUsage(event);
      if (spent !== undefined) usage = { ...usage, ...spent };
      if (event['type'] === 'content_block_start') openBlocks.add(block);
      else if (event['type'] === 'content_block_stop') openBlocks.delete(block);
      addMessageEvent(meter, event);
      if (event['type'] === 'content_block_delta' || event['type'] === 'message_delta') said = 'answer';
      else if (event['type'] === 'error' && said === 'nothing') said = 'failure';
      return 'pass';
    },
    said: () => said,
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

function eventText(event: { readonly type: string; readonly [field: string]: unknown }): string {
  return `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
}
