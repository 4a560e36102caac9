import { type Counts, isJsonObject, openAiUsage, usageNumber } from '@kedge/core';
import { parseEvent } from './json.js';
import type { StreamReader, StreamSaid } from './surface.js';
import { createTextMeter, type TextMeter } from './textMeter.js';

/**
 * Reads streams of chunks with `choices`, closed by `[DONE]`: chat and text completions. The usage event, which the gateway
 * always asks for, goes to clients that asked for it themselves: others index `choices[0]` of every chunk.
 */
export function createChoicesReader(options: {
  readonly known: Counts;
  readonly addChoice: (meter: TextMeter, choice: unknown) => void;
  readonly wantsUsage: boolean;
  readonly object: string;
  /** What ends a choice that is cut. */
  readonly cutChoice: (index: number) => Record<string, unknown>;
}): StreamReader {
  const meter = createTextMeter();
  const unfinished = new Set<number>();
  let lastChunk: Record<string, unknown> = {};
  let usage: unknown;
  let said: StreamSaid = 'nothing';
  return {
    read: (data) => {
      if (data === undefined) return 'pass';
      if (data.trim() === '[DONE]') return 'last';
      const chunk = parseEvent(data);
      if (chunk === undefined) return 'pass';
      if (isJsonObject(chunk['usage'])) usage = chunk['usage'];
      const hasFailed = isSaid(chunk['error']);
      if (hasFailed && said === 'nothing') said = 'failure';
      const choices = Array.isArray(chunk['choices']) ? (chunk['choices'] as unknown[]) : undefined;
      if (choices === undefined) return 'pass';
      if (choices.length === 0) return options.wantsUsage || !isJsonObject(chunk['usage']) ? 'pass' : 'drop';
      lastChunk = chunk;
      for (const choice of choices) {
        options.addChoice(meter, choice);
        if (!isJsonObject(choice)) continue;
        if (said !== 'answer' && !hasFailed && isPart(choice)) said = 'answer';
        const index = usageNumber(choice['index']) ?? 0;
        if (choice['finish_reason'] === null || choice['finish_reason'] === undefined) unfinished.add(index);
        else unfinished.delete(index);
      }
      return 'pass';
    },
    said: () => said,
    exceeds: meter.exceeds,
    measured: () => ({ counts: { ...options.known, ...meter.tokens() }, usage: openAiUsage(usage) }),
    cut: () => {
      const { id, created, model } = lastChunk;
      const choices = [...unfinished].map(options.cutChoice);
      const closing = { id, object: options.object, created, model, choices };
      return {
        before: choices.length > 0 ? `data: ${JSON.stringify(closing)}\n\n` : '',
        last: 'data: [DONE]\n\n',
      };
    },
    // An `error` object in a data event is what OpenAI clients raise; there is no [DONE] after it.
    errorEvent: (error) => `data: ${JSON.stringify({ error })}\n\n`,
  };
}

/** A choice begins with its role alone. */
function isPart({ finish_reason: end, text, delta }: Readonly<Record<string, unknown>>): boolean {
  if (isSaid(end) || isSaid(text)) return true;
  return isJsonObject(delta) && Object.entries(delta).some(([name, value]) => name !== 'role' && isSaid(value));
}

function isSaid(value: unknown): boolean {
  return (value ?? '') !== '' && !(Array.isArray(value) && value.length === 0);
}
