import { randomBytes } from 'node:crypto';
import { noCounts, parseTranscriptionFields, policyRefused, pricedBy, unmeasurable, wavSeconds } from '@kedge/core';
import { encodeForm, type FormPart, parseForm } from '../http/parseForm.js';
import { invalidAnswer } from './json.js';
import { openWhole } from './openWhole.js';
import { checkTerms } from './quoteRequest.js';
import type { Surface } from './surface.js';

/** Audio that becomes text, priced by the request, by the file's bytes, or by its seconds where the gateway can tell them. */
export const audioTranscriptions = transcribing('transcriptions', '/audio/transcriptions');
/** The same in English. */
export const audioTranslations = transcribing('translations', '/audio/translations');

function transcribing(name: string, path: '/audio/transcriptions' | '/audio/translations'): Surface {
  const surface: Surface = {
    name,
    path,
    pricedBy: pricedBy[path],
    dialect: 'openai',
    open: (policy, body, contentType) => {
      const parts = parseForm(body, contentType);
      const { model, file } = readParts(parts);
      checkTerms(policy, surface, model);
      const seconds = wavSeconds(file);
      if (policy.rates.seconds !== undefined && seconds === undefined) {
        throw policyRefused('rates.seconds', 'The length of this audio cannot be told.', {
          hints: ['Send a PCM WAV file.'],
        });
      }
      const known = { ...noCounts, bytes: file.length, seconds: seconds ?? 0 };
      return openWhole(policy, surface, {
        model,
        known,
        forward: () => encodeForm(parts, `kedge-${randomBytes(16).toString('hex')}`),
        measure: (answer) => {
          if (answer.length === 0) throw invalidAnswer('is empty');
          return { counts: known, usage: undefined };
        },
      });
    },
  };
  return surface;
}

function readParts(parts: readonly FormPart[]): { model: string; file: Buffer } {
  const files = parts.filter(({ fileName }) => fileName !== undefined);
  const [file] = files;
  if (file === undefined || files.length > 1 || file.name !== 'file') {
    throw unmeasurable('forms without exactly one file', 'Send one part with the name file.');
  }
  const texts = parts.filter((part) => part !== file);
  const fields = Object.fromEntries(texts.map(({ name, content }) => [name, content.toString('utf8')]));
  // A name twice could show the upstream another model than it shows here; lists have names of their own, ending in [].
  const single = texts.filter(({ name }) => !name.endsWith('[]'));
  if (new Set(single.map(({ name }) => name)).size < single.length) {
    throw unmeasurable('forms with a field twice', 'Send each field once.');
  }
  return { model: parseTranscriptionFields(fields).model, file: file.content };
}
