import type { CompletionRequest, EmbeddingsRequest, Policy } from '@kedge/core';
import { createCallMeter, type CallMeter } from './createCallMeter.js';
import type { TokenCounter } from './loadTokenCounter.js';

/** Begins the count of a text completion: each of several prompts has `n` choices. */
export function meterCompletion(policy: Policy, request: CompletionRequest, count: TokenCounter): CallMeter {
  const { tokens, inputs } = countTexts(request.prompt, count);
  const suffix = typeof request.suffix === 'string' ? count(request.suffix) : 0;
  const cap = Math.min(policy.caps.outputTokensPerCall, request.max_tokens ?? Infinity) * inputs * (request.n ?? 1);
  return createCallMeter(policy, { input_tokens: tokens + suffix, requests: 1 }, cap, count);
}

/** Begins the count of embeddings, which is known before they come: tokens, and a record for each input. */
export function meterEmbeddings(policy: Policy, request: EmbeddingsRequest, count: TokenCounter): CallMeter {
  const { tokens, inputs } = countTexts(request.input, count);
  return createCallMeter(policy, { input_tokens: tokens, requests: 1, records: inputs }, undefined, count);
}

/** One text, several, or lists of token numbers instead of texts; one such list is one input. */
function countTexts(
  texts: CompletionRequest['prompt'],
  count: TokenCounter,
): { readonly tokens: number; readonly inputs: number } {
  if (typeof texts === 'string') return { tokens: count(texts), inputs: 1 };
  const tokensOf = (text: (typeof texts)[number]): number => {
    if (typeof text === 'number') return 1;
    return typeof text === 'string' ? count(text) : text.length;
  };
  const tokens = texts.reduce<number>((sum, text) => sum + tokensOf(text), 0);
  return { tokens, inputs: Math.max(1, texts.filter((text) => typeof text !== 'number').length) };
}
