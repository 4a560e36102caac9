import { isJsonObject } from '../jsonValues.js';
import type { UpstreamUsage } from './measured.js';

/** The `usage` of chat and text completions and of embeddings. */
export function openAiUsage(usage: unknown): UpstreamUsage | undefined {
  if (!isJsonObject(usage)) return undefined;
  const { prompt_tokens_details: prompt, completion_tokens_details: completion } = usage;
  return {
    input: usageNumber(usage['prompt_tokens']),
    output: usageNumber(usage['completion_tokens']),
    cached: isJsonObject(prompt) ? usageNumber(prompt['cached_tokens']) : undefined,
    reasoning: isJsonObject(completion) ? usageNumber(completion['reasoning_tokens']) : undefined,
  };
}

/** The `usage` of a response. */
export function responsesUsage(usage: unknown): UpstreamUsage | undefined {
  if (!isJsonObject(usage)) return undefined;
  const { input_tokens_details: input, output_tokens_details: output } = usage;
  return {
    input: usageNumber(usage['input_tokens']),
    output: usageNumber(usage['output_tokens']),
    cached: isJsonObject(input) ? usageNumber(input['cached_tokens']) : undefined,
    reasoning: isJsonObject(output) ? usageNumber(output['reasoning_tokens']) : undefined,
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

/** The fields that one event of a streamed message adds to its `usage`; undefined for most. */
export function messageEventUsage(event: Readonly<Record<string, unknown>>): Record<string, unknown> | undefined {
  const { type, message, usage } = event;
  const said = type === 'message_start' && isJsonObject(message) ? message['usage'] : usage;
  return (type === 'message_start' || type === 'message_delta') && isJsonObject(said) ? said : undefined;
}

/** A number of an upstream's `usage`; undefined for what cannot be one. */
export function usageNumber(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}
