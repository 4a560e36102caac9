import * as z from 'zod';
import { parseWith } from '../schemas.js';
import { modelSchema, requestHints, textsSchema } from './requestFields.js';

const embeddingsRequestSchema = z.looseObject({ model: modelSchema, input: textsSchema });

/** An embeddings request, as far as the gateway reads it. */
export type EmbeddingsRequest = z.output<typeof embeddingsRequestSchema>;

/**
 * Reads an embeddings request.
 *
 * @throws BaseError `request_invalid` (400), which names the offending fields.
 *
 * @example
 * const request = parseEmbeddingsRequest(JSON.parse(text));
 */
export function parseEmbeddingsRequest(value: unknown): EmbeddingsRequest {
  return parseWith(embeddingsRequestSchema, value, {
    what: 'The request',
    code: 'request_invalid',
    hints: requestHints('POST /embeddings of the OpenAI API'),
  });
}
