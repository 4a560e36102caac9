import { argumentsText, isJsonObject, jsonText } from '../jsonValues.js';
import type { ChatCompletionRequest } from '../requests/chatCompletionRequest.js';
import { scalarText } from '../scalarText.js';
import { countJson } from './countTexts.js';
import { unmeasurable } from './policyRefused.js';
import { refuseUnseen, refuseUpstreamTools } from './refuseUnseen.js';
import type { InputCount, TextSink, TokenCount } from './textSink.js';

// OpenAI's published chat overhead: each message costs 3 tokens beside its parts, the answer is primed with 3, a name with 1.
const tokensPerMessage = 3;
const tokensPerAnswer = 3;
const tokensPerName = 1;

const textTypes = ['text', 'input_text', 'output_text'];
const shownOfMessage = ['tool_calls', 'function_call', 'refusal', 'tool_call_id'];
const namesOfReasoning = ['reasoning_content', 'reasoning', 'reasoning_details'];
const unseenOfMessage = [
  // An earlier answer that only the upstream has.
  ['audio', 'Send what was said as text.'],
  ['tools', 'Send tools beside the messages.'],
] as const;
const shownOfRequest = ['tools', 'functions', 'response_format', 'tool_choice', 'chat_template_kwargs'];

/**
 * Input of a chat completion: for each message 3 + its role, content, name (+ 1) and calls; 3 for the answer; then what else
 * the model is shown (tools, functions, response format), as its JSON text. A part counts by its type: texts and reasoning as
 * text, images as images.
 *
 * @throws BaseError 403 `policy_refused` for parts, tools and fields that cannot be counted.
 *
 * @example
 * const { tokens, images } = countChatInput(parseChatCompletionRequest(JSON.parse(text)), count);
 */
export function countChatInput(request: ChatCompletionRequest, count: TokenCount): InputCount {
  refuseUnseen('/chat/completions', request);
  refuseUpstreamTools(request['tools']);
  let tokens = tokensPerAnswer;
  let images = 0;
  for (const message of request.messages) {
    tokens += tokensPerMessage + count(message.role);
    if (typeof message.content === 'string') tokens += count(message.content);
    else {
      for (const part of message.content ?? []) {
        if (part.type === 'image_url' || part.type === 'input_image') images++;
        else if (textTypes.includes(part.type)) tokens += countJson(part['text'], count);
        else if (part.type === 'refusal') tokens += countJson(part['refusal'], count);
        // SGLang reads the second where it lacks the first.
        else if (part.type === 'thinking') tokens += countJson(part['thinking'] || part['text'], count);
        else throw unmeasurable(`message parts of type ${part.type}`, 'Send text or image_url parts.');
      }
    }
    if (typeof message['name'] === 'string') tokens += tokensPerName + count(message['name']);
    for (const field of shownOfMessage) tokens += countJson(message[field], count);
    // One text under several names; which of them the upstream shows to the model, it knows.
    let reasoning = 0;
    for (const field of namesOfReasoning) reasoning = Math.max(reasoning, countJson(message[field], count));
    tokens += reasoning;
    for (const [field, hint] of unseenOfMessage) {
      if ((message[field] ?? undefined) !== undefined) throw unmeasurable(`the field ${field} of a message`, hint);
    }
  }
  for (const field of shownOfRequest) tokens += countJson(request[field], count);
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
  addContent(sink, index, said['content']);
  sink.add(`${index}/refusal`, said['refusal']);
  sink.addReasoning(`${index}/reasoning`, said['reasoning_content'] || said['reasoning']);
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

/** A text, a part, or a list of parts, of which the texts are one text, however a stream cuts them. */
function addContent(sink: TextSink, index: string, content: unknown): void {
  if (typeof content !== 'object' || content === null) return sink.add(`${index}/content`, content);
  for (const part of Array.isArray(content) ? (content as unknown[]) : [content]) {
    const { type, text, thinking, refusal } = isJsonObject(part) ? part : {};
    if (textTypes.includes(scalarText(type)) && typeof text === 'string') sink.add(`${index}/content`, text);
    else if (type === 'refusal' && typeof refusal === 'string') sink.add(`${index}/refusal`, refusal);
    else if (type === 'thinking' && typeof thinking === 'string') sink.addReasoning(`${index}/reasoning`, thinking);
    else if (type === 'thinking' && Array.isArray(thinking)) {
      for (const thought of thinking as unknown[]) sink.addReasoning(`${index}/reasoning`, textOf(thought));
    } else sink.add(`${index}/parts`, jsonText(part));
  }
}

/** Of a part the text; of what has none its JSON text, so that nothing that came is free. */
function textOf(part: unknown): string {
  return isJsonObject(part) && typeof part['text'] === 'string' ? part['text'] : jsonText(part);
}

function addCall(sink: TextSink, place: string, call: Record<string, unknown>): void {
  sink.add(`${place}/name`, call['name']);
  sink.add(`${place}/arguments`, argumentsText(call['arguments'] ?? call['input']));
}
