import { z } from 'zod';
import { parseWith } from './schemas.js';

const contentPartSchema = z.looseObject({ type: z.string() });

const messageSchema = z.looseObject({
  role: z.string(),
  content: z.union([z.string(), z.array(contentPartSchema)]).nullish(),
});

const tokenLimit = z.int().positive().nullish();

/**
 * A chat completion request, as far as the gateway reads it. What it does not read passes through unchanged, so a
 * field that tomorrow's clients send is no error today.
 */
export const chatCompletionRequestSchema = z.looseObject({
  model: z.string().min(1),
  messages: z.array(messageSchema).min(1),
  stream: z.boolean().nullish(),
  stream_options: z.looseObject({ include_usage: z.boolean().nullish() }).nullish(),
  max_tokens: tokenLimit,
  max_completion_tokens: tokenLimit,
  n: z.int().positive().nullish(),
});

export type ChatCompletionRequest = z.output<typeof chatCompletionRequestSchema>;

/**
 * Reads a chat completion request.
 *
 * @throws BaseError `request_invalid` (400), which names the offending fields.
 *
 * @example
 * const request = parseChatCompletionRequest(JSON.parse(body));
 */
export function parseChatCompletionRequest(value: unknown): ChatCompletionRequest {
  return parseWith(chatCompletionRequestSchema, value, { what: 'The request', code: 'request_invalid', status: 400 });
}
