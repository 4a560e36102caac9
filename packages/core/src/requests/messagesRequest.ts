import * as z from 'zod';
import { parseWith } from '../schemas.js';
import { modelSchema, requestHints } from './requestFields.js';

const blockSchema = z.looseObject({ type: z.string() });
const contentSchema = z.union([z.string(), z.array(blockSchema)], 'expected a string or a list of blocks');

const messagesRequestSchema = z.looseObject({
  model: modelSchema,
  max_tokens: z.int().positive(),
  system: contentSchema.nullish(),
  messages: z.array(z.looseObject({ role: z.string(), content: contentSchema })).min(1),
  stream: z.boolean().nullish(),
  tools: z.array(z.looseObject({ type: z.string().nullish() })).nullish(),
});

/** A request in the format of the Anthropic Messages API, as far as the gateway reads it. */
export type MessagesRequest = z.output<typeof messagesRequestSchema>;

/**
 * Reads a request in the format of the Anthropic Messages API.
 *
 * @throws BaseError `request_invalid` (400), which names the offending fields.
 *
 * @example
 * const request = parseMessagesRequest(JSON.parse(text));
 */
export function parseMessagesRequest(value: unknown): MessagesRequest {
  return parseWith(messagesRequestSchema, value, {
    what: 'The request',
    code: 'request_invalid',
    hints: requestHints('POST /v1/messages of the Anthropic API'),
  });
}
