import * as z from 'zod';
import { parseWith } from '../schemas.js';
import { modelSchema, requestHints } from './requestFields.js';

const transcriptionFieldsSchema = z.looseObject({
  model: modelSchema,
  stream: z.literal('false', 'transcription streams are not served').exactOptional(),
});

/** The text fields of a form that asks to transcribe or translate audio, as far as the gateway reads them. */
export type TranscriptionFields = z.output<typeof transcriptionFieldsSchema>;

/**
 * Reads the text fields of a form that asks to transcribe or translate audio.
 *
 * @throws BaseError `request_invalid` (400), which names the offending fields.
 *
 * @example
 * const { model } = parseTranscriptionFields({ model: 'whisper-1', language: 'en' });
 */
export function parseTranscriptionFields(value: unknown): TranscriptionFields {
  return parseWith(transcriptionFieldsSchema, value, {
    what: 'The form',
    code: 'request_invalid',
    hints: requestHints('POST /audio/transcriptions of the OpenAI API'),
  });
}
