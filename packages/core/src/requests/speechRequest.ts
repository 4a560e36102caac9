import * as z from 'zod';
import { parseWith } from '../schemas.js';
import { modelSchema, requestHints } from './requestFields.js';

const speechRequestSchema = z.looseObject({
  model: modelSchema,
  input: z.string().min(1),
  stream_format: z.string().nullish(),
});

/** A request to speak a text, as far as the gateway reads it. */
export type SpeechRequest = z.output<typeof speechRequestSchema>;

/**
 * Reads a request to speak a text.
 *
 * @throws BaseError `request_invalid` (400), which names the offending fields.
 *
 * @example
 * const request = parseSpeechRequest(JSON.parse(text));
 */
export function parseSpeechRequest(value: unknown): SpeechRequest {
  return parseWith(speechRequestSchema, value, {
    what: 'The request',
    code: 'request_invalid',
    hints: requestHints('POST /audio/speech of the OpenAI API'),
  });
}
