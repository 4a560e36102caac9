import { isJsonObject } from '../jsonValues.js';
import type { ChatCompletionRequest } from '../requests/chatCompletionRequest.js';
import { scalarText } from '../scalarText.js';
import { countJson } from './countTexts.js';
import { unmeasurable } from './policyRefused.js';
import type { InputCount, TextSink, TokenCount } from './textSink.js';

// OpenAI's published chat overhead: each message costs 3 tokens beside its parts, the answer is primed with 3, a name with 1.
const tokensPerMessage = 3;
const tokensPerAnswer = 3;
const tokensPerName = 1;

/**
 * Input of a chat completion: for each message 3 + its role, content, name (+ 1) and calls; 3 for the answer; then what else
 * the model is shown (tools, functions, response format), as its JSON text. Text parts count as text, image parts as images.
 *
 * @throws BaseError 403 `policy_refused` for parts that cannot be counted.
 *
 * @example
 * const { tokens, images } = countChatInput(parseChatCompletionRequest(json), count);
 */
export function countChatInput(request: ChatCompletionRequest, count: TokenCount): InputCount {
  let tokens = tokensPerAnswer;
  let images = 0;
  for (const message of request.messages) {
    tokens += tokensPerMessage + count(message.role);
    if (typeof message.content === 'string') tokens += count(message.content);
    else {
      for (const part of message.content ?? []) {
        if (part.type === 'image_url' || part.type === 'input_image') images++;
        else if (typeof part['text'] === 'string') tokens += count(part['text']);
        else if (typeof part['refusal'] === 'string') tokens += count(part['refusal']);
        else throw unmeasurable(`message parts of type ${part.type}`, 'Send text or image_url parts.');
      }
    }
    if (typeof message['name'] === 'string') tokens += tokensPerName + count(message['name']);
    for (const field of ['tool_calls', 'function_call', 'refusal', 'reasoning_content', 'tool_call_id']) {
      tokens += countJson(message[field], count);
    }
  }
  for (const field of ['tools', 'functions', 'response_format', 'tool_choice']) {
    tokens += countJson(request[field], count);
  }
  for (const field of ['audio', 'prediction', 'web_search_options']) {
    if (request[field] !== undefined && request[field] !== null) {
      throw unmeasurable(`the field ${field}`, 'Ask for text; what the answer brings beside it cannot be counted.');
    }
  }
  return { tokens, images };
}

/**
 * Adds one element of a chat completion's `choices`: a whole one (`message`) or a streamed one (`delta`).
 *
 * @example
 * for (const choice of answer.choices) addChatChoice(sink, choice);
 */
export function addChatChoice(sink: TextSink, choice: unknown): void {
  if (!isJsonObject(choice)) return;
  const index = scalarText(choice['index'] ?? 0);
  const said = choice['delta'] ?? choice['message'];
  if (!isJsonObject(said)) return sink.add(`${index}/text`, choice['text']);
  sink.add(`${index}/content`, said['content']);
  sink.add(`${index}/refusal`, said['refusal']);
  sink.addReasoning(`${index}/reasoning`, said['reasoning_content'] ?? said['reasoning']);
  if (isJsonObject(said['function_call'])) addCall(sink, `${index}/function`, said['function_call']);
  if (!Array.isArray(said['tool_calls'])) return;
  said['tool_calls'].forEach((call: unknown, position) => {
    if (!isJsonObject(call)) return;
    const called = call['function'] ?? call['custom'];
    if (isJsonObject(called)) addCall(sink, `${index}/tool/${scalarText(call['index'] ?? position)}`, called);
  });
}

/**
 * Adds one element of a text completion's `choices`, whole or streamed.
 *
 * @example
 * for (const choice of answer.choices) addTextChoice(sink, choice);
 */
export function addTextChoice(sink: TextSink, choice: unknown): void {
  if (isJsonObject(choice)) sink.add(scalarText(choice['index'] ?? 0), choice['text']);
}

function addCall(sink: TextSink, place: string, call: Record<string, unknown>): void {
  sink.add(`${place}/name`, call['name']);
  sink.add(`${place}/arguments`, call['arguments'] ?? call['input']);
}
