import * as z from 'zod';
import { parseWith } from '../schemas.js';
import { modelSchema, requestHints, tokenLimitSchema } from './requestFields.js';

const partSchema = z.looseObject({ type: z.string() });

const itemSchema = z.looseObject({
  type: z.string().nullish(),
  role: z.string().nullish(),
  content: z.union([z.string(), z.array(partSchema)], 'expected a string or a list of parts').nullish(),
});

const responsesRequestSchema = z.looseObject({
  model: modelSchema,
  input: z.union([z.string(), z.array(itemSchema)], 'expected a string or a list of items').nullish(),
  instructions: z.union([z.string(), z.array(itemSchema)]).nullish(),
  stream: z.boolean().nullish(),
  max_output_tokens: tokenLimitSchema,
  tools: z.array(z.looseObject({ type: z.string() })).nullish(),
  background: z.boolean().nullish(),
});

/** A request for a response, as far as the gateway reads it. */
export type ResponsesRequest = z.output<typeof responsesRequestSchema>;

/**
 * Reads a request for a response.
 *
 * @throws BaseError `request_invalid` (400), which names the offending fields.
 *
 * @example
 * const request = parseResponsesRequest(JSON.parse(text));
 */
export function parseResponsesRequest(value: unknown): ResponsesRequest {
  return parseWith(responsesRequestSchema, value, {
    what: 'The request',
    code: 'request_invalid',
    hints: requestHints('POST /responses of the OpenAI API'),
  });
}
