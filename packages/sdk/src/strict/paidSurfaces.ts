import { parseChatCompletionRequest, parseCompletionRequest, parseEmbeddingsRequest, type Policy } from '@kedge/core';
import type { CallMeter } from './createCallMeter.js';
import type { TokenCounter } from './loadTokenCounter.js';
import { meterChat } from './meterChat.js';
import { meterCompletion, meterEmbeddings } from './meterTexts.js';

/** Reads a request, and gives what counts it under the rates of a policy. */
type Reader = (json: unknown, count: TokenCounter) => (policy: Policy) => CallMeter;

/** The surfaces that a strict client can recount, by their path below the API's base. */
export const paidSurfaces: ReadonlyMap<string, Reader> = new Map<string, Reader>([
  ['/chat/completions', (json, count) => reading(parseChatCompletionRequest(json), count, meterChat)],
  ['/completions', (json, count) => reading(parseCompletionRequest(json), count, meterCompletion)],
  ['/embeddings', (json, count) => reading(parseEmbeddingsRequest(json), count, meterEmbeddings)],
]);

function reading<request>(
  request: request,
  count: TokenCounter,
  meter: (policy: Policy, request: request, count: TokenCounter) => CallMeter,
): (policy: Policy) => CallMeter {
  return (policy) => meter(policy, request, count);
}
