import { scalarText } from '@kedge/core';
import { isObject, listOf, parseEvent, usageNumber } from './json.js';
import type { Counts, StreamReader, UpstreamUsage } from './surface.js';
import { createTextMeter, type TextMeter } from './textMeter.js';

const lastEvents = ['response.completed', 'response.incomplete', 'response.failed', 'response.cancelled'];

/**
 * Reads the events of a streamed response. The last event holds the whole response once more: what it holds beyond the pieces
 * that came is counted too, so that an upstream without pieces is not free.
 */
export function createResponsesReader(known: Counts): StreamReader {
  const meter = createTextMeter();
  let response: Record<string, unknown> = {};
  let whole: TextMeter | undefined;
  let sequence = 0;
  return {
    read: (data) => {
      if (data?.trim() === '[DONE]') return 'last';
      const event = parseEvent(data);
      if (event === undefined) return 'pass';
      sequence = Math.max(sequence, usageNumber(event['sequence_number']) ?? 0);
      if (isObject(event['response'])) response = event['response'];
      if (lastEvents.includes(scalarText(event['type']))) {
        const all = (whole = createTextMeter());
        listOf(response['output']).forEach((item, index) => addOutputItem(all, index, item));
        return 'last';
      }
      addEvent(meter, event);
      return 'pass';
    },
    exceeds: (limit) => meter.exceeds(limit) || whole?.exceeds(limit) === true,
    measured: () => {
      const pieces = meter.tokens();
      const all = whole?.tokens() ?? pieces;
      const tokens = all.outputTokens > pieces.outputTokens ? all : pieces;
      return { counts: { ...known, ...tokens }, usage: responsesUsage(response['usage']) };
    },
    cut: () => {
      const type = 'response.incomplete';
      const ended = { ...response, status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } };
      return { before: '', last: eventText(type, { type, sequence_number: sequence + 1, response: ended }) };
    },
    // OpenAI's clients raise what has a member `error`, and take it for an ordinary event without one.
    errorEvent: (error) => {
      const { message, code } = error;
      return eventText('error', { type: 'error', code, message, param: null, sequence_number: sequence + 1, error });
    },
  };
}

/** One element of a response's `output`. */
export function addOutputItem(meter: TextMeter, index: number, item: unknown): void {
  if (!isObject(item)) return;
  const isReasoning = item['type'] === 'reasoning';
  for (const list of ['summary', 'content']) {
    listOf(item[list]).forEach((part, position) => {
      if (!isObject(part)) return;
      const place = `${index}/${list}/${position}`;
      if (isReasoning) meter.addReasoning(place, part['text']);
      else meter.add(place, part['text'] ?? part['refusal']);
    });
  }
  meter.add(`${index}/name`, item['name']);
  meter.add(`${index}/arguments`, item['arguments'] ?? item['input']);
}

/** The `usage` of a response. */
export function responsesUsage(usage: unknown): UpstreamUsage | undefined {
  if (!isObject(usage)) return undefined;
  const { input_tokens_details: input, output_tokens_details: output } = usage;
  return {
    input: usageNumber(usage['input_tokens']),
    output: usageNumber(usage['output_tokens']),
    cached: isObject(input) ? usageNumber(input['cached_tokens']) : undefined,
    reasoning: isObject(output) ? usageNumber(output['reasoning_tokens']) : undefined,
  };
}

function addEvent(meter: TextMeter, event: Record<string, unknown>): void {
  const { type, delta } = event;
  if (type === 'response.output_item.added') {
    if (isObject(event['item'])) meter.add(`${scalarText(event['output_index'])}/name`, event['item']['name']);
    return;
  }
  if (typeof type !== 'string' || typeof delta !== 'string' || !type.endsWith('.delta')) return;
  const place = `${scalarText(event['output_index'])}/${scalarText(event['content_index'] ?? event['summary_index'])}/${type}`;
  if (type.startsWith('response.reasoning')) meter.addReasoning(place, delta);
  else meter.add(place, delta);
}

function eventText(type: string, data: Record<string, unknown>): string {
  return `event: ${type}\ndata: ${JSON.stringify(data)}\n\n`;
}
