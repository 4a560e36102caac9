import {
  parseChatCompletionRequest,
  parseCompletionRequest,
  parseEmbeddingsRequest,
  parseMessagesRequest,
  parseResponsesRequest,
  type Policy,
  type TokenCount,
} from '@kedge/core';
import type { CallMeter } from './createCallMeter.js';
import { meterChat, meterCompletion, meterEmbeddings, meterMessage, meterResponse } from './meterTexts.js';

/** Reads a request, and gives what counts it under the rates of a policy. */
type Reader = (json: unknown, count: TokenCount) => (policy: Policy) => CallMeter;

/** The surfaces that a strict client can recount, by their path below the API's base. */
export const paidSurfaces: ReadonlyMap<string, Reader> = new Map<string, Reader>([
  ['/chat/completions', reading(parseChatCompletionRequest, meterChat)],
  ['/completions', reading(parseCompletionRequest, meterCompletion)],
  ['/responses', reading(parseResponsesRequest, meterResponse)],
  ['/messages', reading(parseMessagesRequest, meterMessage)],
  ['/embeddings', reading(parseEmbeddingsRequest, meterEmbeddings)],
]);

function reading<request>(
  parse: (json: unknown) => request,
  meter: (policy: Policy, request: request, count: TokenCount) => CallMeter,
): Reader {
  return (json, count) => {
    const request = parse(json);
    return (policy) => meter(policy, request, count);
  };
}
