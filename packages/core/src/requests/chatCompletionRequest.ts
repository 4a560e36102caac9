import * as z from 'zod';
import { isJsonObject } from '../jsonValues.js';
import { parseWith } from '../schemas.js';
import { requestHints, streamOptionsSchema, tokenLimitSchema } from './requestFields.js';

const contentPartSchema = z
  .looseObject({ type: z.string() })
  .refine((part) => part.type !== 'text' || typeof part['text'] === 'string', 'a part of type text has a text');

const messageSchema = z.looseObject({
  role: z.string(),
  content: z.union([z.string(), z.array(contentPartSchema)], 'expected a string or a list of parts').nullish(),
});

/**
 * A chat completion request, as far as the gateway reads it. What it does not read passes through unchanged, so a
 * field that tomorrow's clients send is no error today.
 */
const chatCompletionRequestSchema = z.looseObject({
  model: z.string().min(1),
  messages: z.array(messageSchema).min(1),
  stream: z.boolean().nullish(),
  stream_options: streamOptionsSchema,
  max_tokens: tokenLimitSchema,
  max_completion_tokens: tokenLimitSchema,
  n: z.int().positive().nullish(),
});

export type ChatCompletionRequest = z.output<typeof chatCompletionRequestSchema>;

/**
 * Reads a chat completion request.
 *
 * @throws BaseError `request_invalid` (400), which names the offending fields.
 *
 * @example
 * const request = parseChatCompletionRequest(JSON.parse(text));
 */
export function parseChatCompletionRequest(value: unknown): ChatCompletionRequest {
  if (isPlainRequest(value)) return value;
  return parseWith(chatCompletionRequestSchema, value, {
    what: 'The request',
    code: 'request_invalid',
    status: 400,
    hints: requestHints('POST /chat/completions of the OpenAI API'),
  });
}

/**
 * Whether the schema takes a request, answered at a tenth of its cost for what most requests are: texts and limits. A gateway
 * asks for every call; whatever this does not know, the schema decides.
 */
function isPlainRequest(value: unknown): value is ChatCompletionRequest {
  if (!isJsonObject(value)) return false;
  const { model, messages, stream, stream_options: options } = value;
  return (
    typeof model === 'string' &&
    model !== '' &&
    Array.isArray(messages) &&
    messages.length > 0 &&
    messages.every(isPlainMessage) &&
    (typeof stream === 'boolean' || stream === undefined) &&
    options === undefined &&
    isPlainLimit(value['max_tokens']) &&
    isPlainLimit(value['max_completion_tokens']) &&
    isPlainLimit(value['n'])
  );
}

function isPlainMessage(message: unknown): boolean {
  return isJsonObject(message) && typeof message['role'] === 'string' && typeof message['content'] === 'string';
}

function isPlainLimit(limit: unknown): boolean {
  return limit === undefined || (Number.isSafeInteger(limit) && (limit as number) > 0);
}
