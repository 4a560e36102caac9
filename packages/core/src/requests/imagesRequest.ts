import * as z from 'zod';
import { parseWith } from '../schemas.js';
import { modelSchema, requestHints } from './requestFields.js';

const imagesRequestSchema = z.looseObject({
  model: modelSchema,
  prompt: z.string().min(1),
  n: z.int().positive().nullish(),
  stream: z.literal(false, 'image streams are not served').nullish(),
});

/** A request to make images, as far as the gateway reads it. */
export type ImagesRequest = z.output<typeof imagesRequestSchema>;

/**
 * Reads a request to make images.
 *
 * @throws BaseError `request_invalid` (400), which names the offending fields.
 *
 * @example
 * const request = parseImagesRequest(JSON.parse(text));
 */
export function parseImagesRequest(value: unknown): ImagesRequest {
  return parseWith(imagesRequestSchema, value, {
    what: 'The request',
    code: 'request_invalid',
    hints: requestHints('POST /images/generations of the OpenAI API'),
  });
}
