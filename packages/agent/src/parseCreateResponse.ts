import {
  BaseError,
  countResponsesInput,
  isJsonObject,
  parseResponsesRequest,
  type ResponsesRequest,
} from '@kedge/core';
import {
  parseJson,
  questionIn,
  requireModel,
  requireTextFormat,
  textOf,
  unreadable,
  type Asked,
  type Message,
} from './asked.js';
import { countTokens } from './countTokens.js';

const textTypes = ['input_text', 'output_text', 'text'];
const remembered = ['previous_response_id', 'conversation', 'prompt'];

/** A request for a response as this upstream understands it. */
export type CreateResponse = Asked & {
  readonly instructions: ResponsesRequest['instructions'];
  readonly maxOutputTokens: number | null;
};

/**
 * Reads the body of a request for a response (`POST /v1/responses`) from `model`.
 *
 * @throws BaseError `body_not_json`, `request_invalid`, `state_unsupported`, `format_unsupported`, `content_unsupported`,
 * `question_missing` (all 400), `model_not_found` (404).
 */
export function parseCreateResponse(body: string, model: string): CreateResponse {
  const request = parseResponsesRequest(parseJson(body));
  requireModel(request.model, model);
  requireNoState(request);
  requireTextFormat('text.format', isJsonObject(request['text']) ? request['text']['format'] : undefined);
  const question = questionIn([...messagesIn(request.instructions, 'developer'), ...messagesIn(request.input, 'user')]);
  return {
    question,
    promptTokens: countResponsesInput(request, countTokens).tokens,
    maxTokens: request.max_output_tokens ?? Number.MAX_SAFE_INTEGER,
    stream: request.stream ?? false,
    instructions: request.instructions,
    maxOutputTokens: request.max_output_tokens ?? null,
  };
}

function requireNoState(request: ResponsesRequest): void {
  const field = remembered.find((name) => (request[name] ?? null) !== null);
  if (field === undefined && request.background !== true) return;
  throw new BaseError('This model keeps nothing of a request after its answer.', {
    code: 'state_unsupported',
    status: 400,
    values: { field: field ?? 'background' },
    hints: ['Send the whole conversation as "input", and leave that field out.'],
  });
}

function messagesIn(given: ResponsesRequest['input'], role: string): Message[] {
  if (typeof given === 'string') return [{ role, text: given }];
  return (given ?? []).map((item) => {
    if ((item.type ?? 'message') !== 'message') throw unreadable(item.type ?? '', textTypes);
    return { role: item.role ?? role, text: textOf(item.content, textTypes) };
  });
}
