import { type Counts, createResponseEvents, responsesUsage, usageNumber } from '@kedge/core';
import { parseEvent } from './json.js';
import type { StreamReader } from './surface.js';
import { createTextMeter } from './textMeter.js';

/** Reads the events of a streamed response. */
export function createResponsesReader(known: Counts): StreamReader {
  const { read, pieces, whole, response } = createResponseEvents(createTextMeter);
  let sequence = 0;
  return {
    read: (data) => {
      if (data?.trim() === '[DONE]') return 'last';
      const event = parseEvent(data);
      if (event === undefined) return 'pass';
      sequence = Math.max(sequence, usageNumber(event['sequence_number']) ?? 0);
      return read(event) ? 'last' : 'pass';
    },
    exceeds: (limit) => pieces.exceeds(limit) || whole()?.exceeds(limit) === true,
    measured: () => {
      const came = pieces.tokens();
      const all = whole()?.tokens() ?? came;
      const tokens = all.outputTokens > came.outputTokens ? all : came;
      return { counts: { ...known, ...tokens }, usage: responsesUsage(response()['usage']) };
    },
    cut: () => {
      const type = 'response.incomplete';
      const ended = { ...response(), status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } };
      return { before: '', last: eventText(type, { type, sequence_number: sequence + 1, response: ended }) };
    },
    // OpenAI's clients raise what has a member `error`, and take it for an ordinary event without one.
    errorEvent: (error) => {
      const { message, code } = error;
      return eventText('error', { type: 'error', code, message, param: null, sequence_number: sequence + 1, error });
    },
  };
}

function eventText(type: string, data: Record<string, unknown>): string {
  return `event: ${type}\ndata: ${JSON.stringify(data)}\n\n`;
}
