import { BaseError, parseChatCompletionRequest } from '@kedge/core';
import { parseJson, questionIn, requireModel, requireTextFormat, textOf, type Asked } from './asked.js';
import { countPromptTokens } from './countTokens.js';

/** A chat completion request as this upstream understands it. */
export type ChatRequest = Asked & { readonly includeUsage: boolean };

/**
 * Reads the body of a chat completion request for `model`.
 *
 * @throws BaseError `body_not_json`, `request_invalid`, `n_unsupported`, `format_unsupported`, `content_unsupported`,
 * `question_missing` (all 400), `model_not_found` (404).
 */
export function parseChatRequest(body: string, model: string): ChatRequest {
  const request = parseChatCompletionRequest(parseJson(body));
  requireModel(request.model, model);
  if ((request.n ?? 1) !== 1) {
    throw new BaseError('This model gives one answer a request.', {
      code: 'n_unsupported',
      status: 400,
      values: { n: request.n },
      hints: ['Leave "n" out, or set it to 1.'],
    });
  }
  requireTextFormat('response_format', request.response_format);
  const messages = request.messages.map(({ role, content }) => ({ role, text: textOf(content, ['text']) }));
  return {
    question: questionIn(messages),
    promptTokens: countPromptTokens(messages),
    maxTokens: request.max_completion_tokens ?? request.max_tokens ?? Number.MAX_SAFE_INTEGER,
    stream: request.stream ?? false,
    includeUsage: request.stream_options?.include_usage ?? false,
  };
}
