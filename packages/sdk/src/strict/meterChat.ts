import { BaseError, type ChatCompletionRequest, type Policy } from '@kedge/core';
import { createCallMeter, type CallMeter } from './createCallMeter.js';
import type { TokenCounter } from './loadTokenCounter.js';

const tokensPerMessage = 3;
const tokensPerAnswer = 3;
const tokensPerName = 1;

/** Begins the count of a chat completion. */
export function meterChat(policy: Policy, request: ChatCompletionRequest, count: TokenCounter): CallMeter {
  const { inputTokens, images } = countInput(request, count);
  const limits = [request.max_tokens, request.max_completion_tokens].filter((limit) => typeof limit === 'number');
  const cap = Math.min(policy.caps.outputTokensPerCall, ...limits) * (request.n ?? 1);
  const input = { input_tokens: inputTokens, requests: 1, ...(images > 0 ? { images } : {}) };
  return createCallMeter(policy, input, cap, count);
}

function countInput(request: ChatCompletionRequest, count: TokenCounter): { inputTokens: number; images: number } {
  const countJson = (value: unknown): number => {
    if (value === undefined || value === null) return 0;
    return count(typeof value === 'string' ? value : JSON.stringify(value));
  };
  let images = 0;
  const countPart = (part: { readonly type: string; readonly [field: string]: unknown }): number => {
    if (part.type === 'image_url' || part.type === 'input_image') {
      images++;
      return 0;
    }
    const text = part['text'] ?? part['refusal'];
    if (typeof text === 'string') return count(text);
    throw new BaseError(`A message has a part of type ${part.type}, which this client cannot count.`, {
      code: 'surface_unmetered',
      hints: ['Send text or image_url parts.'],
    });
  };
  let tokens = tokensPerAnswer;
  for (const message of request.messages) {
    tokens += tokensPerMessage + count(message.role);
    if (typeof message.content === 'string') tokens += count(message.content);
    else for (const part of message.content ?? []) tokens += countPart(part);
    if (typeof message['name'] === 'string') tokens += tokensPerName + count(message['name']);
    for (const field of ['tool_calls', 'function_call', 'refusal', 'reasoning_content', 'tool_call_id']) {
      tokens += countJson(message[field]);
    }
  }
  for (const field of ['tools', 'functions', 'response_format', 'tool_choice']) tokens += countJson(request[field]);
  return { inputTokens: tokens, images };
}
