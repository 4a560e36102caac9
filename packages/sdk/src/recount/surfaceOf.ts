import { BaseError, isJsonObject, listOf, pricedBy, type Policy, type SurfacePath } from '@kedge/core';
import type { ReadAnswer } from '../strict/readAnswer.js';

type Json = Readonly<Record<string, unknown>>;

const all = Object.keys(pricedBy) as SurfacePath[];

/**
 * Which surface a call was made of: the one that is named, else the only one that takes such a request, gives such an answer,
 * and is served under the policy. A receipt does not say it.
 *
 * @throws BaseError `surface_unclear`, which lists the choices.
 */
export function surfaceOf(
  named: string | undefined,
  policy: Policy,
  asked: unknown,
  answer: ReadAnswer | undefined,
): SurfacePath {
  if (named !== undefined) {
    const path = `/${named.replace(/^\/*(v1\/)?/, '')}`;
    const found = all.find((known) => known === path);
    if (found !== undefined) return found;
    throw unclear(`There is no metered surface ${named}.`, all);
  }
  const takes = (path: SurfacePath): boolean => asked === undefined || askedOf[path](isJsonObject(asked) ? asked : {});
  const gives = (path: SurfacePath): boolean => answer === undefined || isAnswerOf(path, answer);
  const possible = all.filter((path) => isServed(policy, path) && takes(path) && gives(path));
  // The two are counted alike: it does not matter which of them it was.
  const distinct = possible.filter(
    (path) => path !== '/audio/translations' || !possible.includes('/audio/transcriptions'),
  );
  const [only, ...others] = distinct;
  if (only !== undefined && others.length === 0) return only;
  if (only === undefined)
    throw unclear('The bodies are of no surface that is known here and served under the policy.', all);
  throw unclear('The bodies may be of several surfaces, which count differently.', distinct);
}

function unclear(message: string, choices: readonly SurfacePath[]): BaseError {
  return new BaseError(message, {
    code: 'surface_unclear',
    values: { choices: choices.join(', ') },
    hints: [
      'Say where the call went, by its path below /v1: one of the choices.',
      'Request and answer together often tell.',
    ],
  });
}

function isServed({ surfaces, rates }: Policy, path: SurfacePath): boolean {
  if (surfaces !== undefined && !surfaces.includes(path)) return false;
  return pricedBy[path].some((metric) => rates[metric] !== undefined);
}

const isText = (value: unknown): boolean => typeof value === 'string';
const isTextOrList = (value: unknown): boolean => isText(value) || Array.isArray(value);

/** What each surface's requests have. */
const askedOf: Readonly<Record<SurfacePath, (asked: Json) => boolean>> = {
  '/chat/completions': ({ messages }) => Array.isArray(messages),
  '/messages': ({ messages, max_tokens: limit }) => Array.isArray(messages) && typeof limit === 'number',
  '/completions': ({ prompt }) => isTextOrList(prompt),
  '/images/generations': ({ prompt }) => isText(prompt),
  '/responses': ({ input, instructions, messages, prompt }) =>
    messages === undefined && (isTextOrList(input) || isTextOrList(instructions) || isJsonObject(prompt)),
  '/embeddings': ({ input }) => isTextOrList(input),
  '/audio/speech': ({ input }) => isText(input),
  '/audio/transcriptions': ({ file }) => file instanceof Uint8Array,
  '/audio/translations': ({ file }) => file instanceof Uint8Array,
};

function isAnswerOf(path: SurfacePath, answer: ReadAnswer): boolean {
  if (answer.kind === 'whole') return wholeOf[path](answer.answer);
  if (answer.kind === 'events') return eventOf[path] !== undefined && answer.events.some(eventOf[path]);
  return path.startsWith('/audio/');
}

const isTextChoice = (choice: unknown): boolean => isJsonObject(choice) && isText(choice['text']);
const hasChoices = ({ choices }: Json, isOfText: boolean): boolean =>
  listOf(choices).length > 0 && listOf(choices).some(isTextChoice) === isOfText;
const hasEmbeddings = ({ data }: Json): boolean =>
  listOf(data).some((item) => isJsonObject(item) && item['embedding'] !== undefined);

const wholeOf: Readonly<Record<SurfacePath, (answer: Json) => boolean>> = {
  '/chat/completions': (answer) => hasChoices(answer, false),
  '/completions': (answer) => hasChoices(answer, true),
  '/messages': ({ content, type }) => Array.isArray(content) || type === 'message',
  '/responses': ({ output }) => Array.isArray(output),
  '/embeddings': hasEmbeddings,
  '/images/generations': (answer) => Array.isArray(answer['data']) && !hasEmbeddings(answer),
  '/audio/speech': () => false,
  '/audio/transcriptions': ({ text }) => isText(text),
  '/audio/translations': ({ text }) => isText(text),
};

const eventOf: Readonly<Partial<Record<SurfacePath, (event: Json) => boolean>>> = {
  '/chat/completions': (event) => hasChoices(event, false),
  '/completions': (event) => hasChoices(event, true),
  '/responses': ({ type }) => isText(type) && String(type).startsWith('response.'),
  '/messages': ({ type }) => isText(type) && /^(message|content_block)_/.test(String(type)),
};
