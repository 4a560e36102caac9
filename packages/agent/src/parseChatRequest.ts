import { BaseError, isJsonObject, parseChatCompletionRequest, type ChatCompletionRequest } from '@kedge/core';
import type { Question } from './composeAnswer.js';

/** A chat completion request as this upstream understands it. */
export type ChatRequest = {
  readonly messages: readonly { readonly role: string; readonly text: string }[];
  readonly question: Question;
  readonly maxTokens: number;
  readonly stream: boolean;
  readonly includeUsage: boolean;
};

/**
 * Reads the body of a chat completion request for `model`.
 *
 * @throws BaseError `body_not_json`, `request_invalid`, `n_unsupported`, `format_unsupported`, `content_unsupported`,
 * `question_missing` (all 400), `model_not_found` (404).
 */
export function parseChatRequest(body: string, model: string): ChatRequest {
  const request = parseChatCompletionRequest(parseJson(body));
  if (request.model !== model) {
    throw new BaseError(`There is no model "${request.model}" here.`, {
      code: 'model_not_found',
      status: 404,
      hints: [`Ask for "${model}".`],
    });
  }
  if ((request.n ?? 1) !== 1) {
    throw new BaseError('This model gives one answer a request.', {
      code: 'n_unsupported',
      status: 400,
      values: { n: request.n },
      hints: ['Leave "n" out, or set it to 1.'],
    });
  }
  const format = formatOf(request);
  if (format !== 'text') {
    throw new BaseError('This model answers with text, which it quotes.', {
      code: 'format_unsupported',
      status: 400,
      values: { format },
      hints: ['Leave "response_format" out, or set its type to "text".'],
    });
  }
  const messages = request.messages.map((message) => ({ role: message.role, text: textOf(message.content) }));
  const asked = messages.filter((message) => message.role === 'user').map((message) => message.text);
  const text = asked.pop();
  if (text === undefined) {
    throw new BaseError('The request has no user message to answer.', {
      code: 'question_missing',
      status: 400,
      hints: ['Add a message with the role "user".'],
    });
  }
  return {
    messages,
    question: { text: searched(text), earlier: asked.slice(-3).map(searched) },
    maxTokens: request.max_completion_tokens ?? request.max_tokens ?? Number.MAX_SAFE_INTEGER,
    stream: request.stream ?? false,
    includeUsage: request.stream_options?.include_usage ?? false,
  };
}

function formatOf({ response_format: format }: ChatCompletionRequest): unknown {
  return isJsonObject(format) ? format['type'] : 'text';
}

/** What is searched for: its beginning says what a long message is about, and search must stay quick. */
function searched(text: string): string {
  return text.slice(0, 4_000).replaceAll(/\s+/g, ' ');
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch (cause) {
    throw new BaseError('The body is not JSON.', { code: 'body_not_json', status: 400, cause });
  }
}

function textOf(content: ChatCompletionRequest['messages'][number]['content']): string {
  if (typeof content === 'string') return content;
  return (content ?? [])
    .map((part) => {
      if (part.type === 'text' && typeof part['text'] === 'string') return part['text'];
      throw new BaseError('This model reads text only.', {
        code: 'content_unsupported',
        status: 400,
        values: { type: part.type },
        hints: ['Send parts of the type "text", or a string.'],
      });
    })
    .join('\n');
}
