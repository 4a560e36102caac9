import {
  BaseError,
  isJsonObject,
  parseChatCompletionRequest,
  parseCompletionRequest,
  parseEmbeddingsRequest,
  parseImagesRequest,
  parseMessagesRequest,
  parseResponsesRequest,
  parseSpeechRequest,
  parseTranscriptionFields,
  type Policy,
  type TokenCount,
} from '@kedge/core';
import type { CallMeter } from './createCallMeter.js';
import { meterImages, meterSpeech, meterTranscription, type TranscriptionForm } from './meterMedia.js';
import { meterChat, meterCompletion, meterEmbeddings, meterMessage, meterResponse } from './meterTexts.js';

/** Reads what a request asks (`readAsked`), and gives what counts it under the rates of a policy. */
type Reader = (asked: unknown, count: TokenCount) => (policy: Policy) => CallMeter;

/** The surfaces that a strict client can recount, by their path below the API's base. */
export const paidSurfaces: ReadonlyMap<string, Reader> = new Map<string, Reader>([
  ['/chat/completions', reading(parseChatCompletionRequest, meterChat)],
  ['/completions', reading(parseCompletionRequest, meterCompletion)],
  ['/responses', reading(parseResponsesRequest, meterResponse)],
  ['/messages', reading(parseMessagesRequest, meterMessage)],
  ['/embeddings', reading(parseEmbeddingsRequest, meterEmbeddings)],
  ['/images/generations', reading(parseImagesRequest, meterImages)],
  ['/audio/speech', reading(parseSpeechRequest, meterSpeech)],
  ['/audio/transcriptions', reading(parseTranscriptionForm, meterTranscription)],
  ['/audio/translations', reading(parseTranscriptionForm, meterTranscription)],
]);

function reading<request>(
  parse: (asked: unknown) => request,
  meter: (policy: Policy, request: request, count: TokenCount) => CallMeter,
): Reader {
  return (asked, count) => {
    const request = parse(asked);
    return (policy) => meter(policy, request, count);
  };
}

function parseTranscriptionForm(asked: unknown): TranscriptionForm {
  const { fields, file } = isJsonObject(asked) ? asked : {};
  if (file instanceof Uint8Array) return { fields: parseTranscriptionFields(fields), file };
  throw new BaseError('This takes a form.', {
    code: 'form_expected',
    status: 415,
    hints: ['Send multipart/form-data with the audio as file, as OpenAI clients do.'],
  });
}
