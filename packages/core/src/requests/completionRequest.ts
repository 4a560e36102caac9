import * as z from 'zod';
import { parseWith } from '../schemas.js';
import { modelSchema, requestHints, streamOptionsSchema, textsSchema, tokenLimitSchema } from './requestFields.js';

const completionRequestSchema = z.looseObject({
  model: modelSchema,
  prompt: textsSchema,
  suffix: z.string().nullish(),
  stream: z.boolean().nullish(),
  stream_options: streamOptionsSchema,
  max_tokens: tokenLimitSchema,
  n: z.int().positive().nullish(),
  best_of: z.int().positive().nullish(),
  echo: z.boolean().nullish(),
});

/** A text completion request, as far as the gateway reads it. */
export type CompletionRequest = z.output<typeof completionRequestSchema>;

/**
 * Reads a text completion request.
 *
 * @throws BaseError `request_invalid` (400), which names the offending fields.
 *
 * @example
 * const request = parseCompletionRequest(JSON.parse(text));
 */
export function parseCompletionRequest(value: unknown): CompletionRequest {
  return parseWith(completionRequestSchema, value, {
    what: 'The request',
    code: 'request_invalid',
    hints: requestHints('POST /completions of the OpenAI API'),
  });
}
