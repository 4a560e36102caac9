import { type Counts, createResponseEvents, responsesUsage, scalarText, usageNumber } from '@kedge/core';
import { parseEvent } from './json.js';
import type { StreamReader, StreamSaid } from './surface.js';
import { createTextMeter } from './textMeter.js';

const answers = ['response.completed', 'response.incomplete'];
const failures = ['response.failed', 'response.cancelled', 'error'];

/** Reads the events of a streamed response. */
export function createResponsesReader(known: Counts): StreamReader {
  const { read, pieces, whole, response } = createResponseEvents(createTextMeter);
  let sequence = 0;
  let said: StreamSaid = 'nothing';
  return {
    read: (data) => {
      if (data?.trim() === '[DONE]') return 'last';
      const event = parseEvent(data);
      if (event === undefined) return 'pass';
      sequence = Math.max(sequence, usageNumber(event['sequence_number']) ?? 0);
      const type = scalarText(event['type']);
      if (type.endsWith('.delta') || answers.includes(type)) said = 'answer';
      else if (failures.includes(type) && said === 'nothing') said = 'failure';
      return read(event) ? 'last' : 'pass';
    },
    said: () => said,
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
