import { BaseError, isJsonObject } from '@kedge/core';
import type { Question } from './composeAnswer.js';

export type Message = { readonly role: string; readonly text: string };

/** What a request asks of this upstream, by whichever API it came. */
export type Asked = {
  readonly question: Question;
  /** In its own tokens. */
  readonly promptTokens: number;
  readonly maxTokens: number;
  readonly stream: boolean;
};

/** @throws BaseError `body_not_json` (400) */
export function parseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch (cause) {
    throw new BaseError('The body is not JSON.', { code: 'body_not_json', status: 400, cause });
  }
}

/** @throws BaseError `model_not_found` (404) */
export function requireModel(asked: string | null | undefined, model: string): void {
  if (asked === model) return;
  throw new BaseError(`There is no model "${asked ?? ''}" here.`, {
    code: 'model_not_found',
    status: 404,
    hints: [`Ask for "${model}".`],
  });
}

/**
 * @param field where the request has it
 * @throws BaseError `format_unsupported` (400)
 */
export function requireTextFormat(field: string, given: unknown): void {
  const format = isJsonObject(given) ? given['type'] : 'text';
  if (format === 'text') return;
  throw new BaseError('This model answers with text, which it quotes.', {
    code: 'format_unsupported',
    status: 400,
    values: { format },
    hints: [`Leave "${field}" out, or set its type to "text".`],
  });
}

type Content = string | readonly { readonly type: string; readonly [field: string]: unknown }[] | null | undefined;

/**
 * The text of a message's content.
 *
 * @param types of the parts that are text
 * @throws BaseError `content_unsupported` (400)
 */
export function textOf(content: Content, types: readonly string[]): string {
  if (typeof content === 'string') return content;
  return (content ?? [])
    .map((part) => {
      if (types.includes(part.type) && typeof part['text'] === 'string') return part['text'];
      throw unreadable(part.type, types);
    })
    .join('\n');
}

export function unreadable(type: string, types: readonly string[]): BaseError {
  return new BaseError('This model reads text only.', {
    code: 'content_unsupported',
    status: 400,
    values: { type },
    hints: [`Send parts of the type "${types[0]}", or a string.`],
  });
}

/**
 * The question that a conversation ends with.
 *
 * @throws BaseError `question_missing` (400)
 */
export function questionIn(messages: readonly Message[]): Question {
  const asked = messages.filter(({ role }) => role === 'user').map(({ text }) => text);
  const text = asked.pop();
  if (text === undefined) {
    throw new BaseError('The request has no user message to answer.', {
      code: 'question_missing',
      status: 400,
      hints: ['Add a message with the role "user".'],
    });
  }
  return { text: searched(text), earlier: asked.slice(-3).map(searched) };
}

/** What is searched for: its beginning says what a long message is about, and search must stay quick. */
function searched(text: string): string {
  return text.slice(0, 4_000).replaceAll(/\s+/g, ' ');
}
