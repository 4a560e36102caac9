import { isJsonObject } from '@kedge/core';
import { usageNumber } from './json.js';
import type { UpstreamUsage } from './surface.js';

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
