import { type ChatCompletionRequest, parseChatCompletionRequest, scalarText } from '@kedge/core';
import { parseJsonBody } from '../http/parseJsonBody.js';
import { countText } from '../tokens/countText.js';
import { invalidAnswer, isObject, parseAnswer } from './json.js';
import { countJson } from './countJson.js';
import { openAiUsage } from './openAiUsage.js';
import { createChoicesReader } from './choicesReader.js';
import { checkTerms, quoteRequest, smallest } from './quoteRequest.js';
import { unmeasurable } from './refused.js';
import { nothing, type Counts, type Quote, type Surface } from './surface.js';
import { createTextMeter, type TextMeter } from './textMeter.js';

// OpenAI's published chat overhead: each message costs 3 tokens beside its parts, the answer is primed with 3, a name with 1.
const tokensPerMessage = 3;
const tokensPerAnswer = 3;
const tokensPerName = 1;

export const chatCompletions: Surface = {
  name: 'chat completions',
  path: '/chat/completions',
  pricedBy: ['input_tokens', 'output_tokens', 'requests'],
  dialect: 'openai',
  open: (policy, body) => {
    const request = parseChatCompletionRequest(parseJsonBody(body));
    checkTerms(policy, chatCompletions, request.model);
    const known = countInput(request);
    const quote = quoteRequest(policy, chatCompletions.pricedBy, {
      model: request.model,
      known,
      outputTokens: smallest(request.max_tokens, request.max_completion_tokens),
      choices: request.n ?? 1,
    });
    return {
      model: request.model,
      quote,
      isStream: request.stream === true,
      forward: () => ({ body: forwardedBody(request, quote) }),
      measure: (answer, latin1) => {
        const json = parseAnswer(answer, latin1);
        if (!Array.isArray(json['choices']) || json['choices'].length === 0) throw invalidAnswer('has no choices');
        const meter = createTextMeter();
        for (const choice of json['choices']) addChatChoice(meter, choice);
        return { counts: { ...known, ...meter.tokens() }, usage: openAiUsage(json['usage']) };
      },
      readStream: () =>
        createChoicesReader({
          known,
          addChoice: addChatChoice,
          wantsUsage: request.stream_options?.include_usage === true,
          cutChoice: (index) => ({ index, delta: {}, finish_reason: 'length' }),
          object: 'chat.completion.chunk',
        }),
    };
  },
};

/** Adds one element of `choices`: a whole one (`message`) or a streamed one (`delta`). */
export function addChatChoice(meter: TextMeter, choice: unknown): void {
  if (!isObject(choice)) return;
  const index = scalarText(choice['index'] ?? 0);
  const said = choice['delta'] ?? choice['message'];
  if (!isObject(said)) return meter.add(`${index}/text`, choice['text']);
  meter.add(`${index}/content`, said['content']);
  meter.add(`${index}/refusal`, said['refusal']);
  meter.addReasoning(`${index}/reasoning`, said['reasoning_content'] ?? said['reasoning']);
  if (isObject(said['function_call'])) addCall(meter, `${index}/function`, said['function_call']);
  if (!Array.isArray(said['tool_calls'])) return;
  said['tool_calls'].forEach((call: unknown, position) => {
    if (!isObject(call)) return;
    const called = call['function'] ?? call['custom'];
    if (isObject(called)) addCall(meter, `${index}/tool/${scalarText(call['index'] ?? position)}`, called);
  });
}

function addCall(meter: TextMeter, place: string, call: Record<string, unknown>): void {
  meter.add(`${place}/name`, call['name']);
  meter.add(`${place}/arguments`, call['arguments'] ?? call['input']);
}

/**
 * Input tokens: for each message 3 + its role, content, name (+ 1) and calls; 3 for the answer; then what else the model is
 * shown (tools, functions, response format), as its JSON text. Text parts count as text, image parts as images.
 */
function countInput(request: ChatCompletionRequest): Counts {
  let tokens = tokensPerAnswer;
  let images = 0;
  for (const message of request.messages) {
    tokens += tokensPerMessage + countText(message.role);
    if (typeof message.content === 'string') tokens += countText(message.content);
    else {
      for (const part of message.content ?? []) {
        if (part.type === 'image_url' || part.type === 'input_image') images++;
        else if (typeof part['text'] === 'string') tokens += countText(part['text']);
        else if (typeof part['refusal'] === 'string') tokens += countText(part['refusal']);
        else throw unmeasurable(`message parts of type ${part.type}`, 'Send text or image_url parts.');
      }
    }
    if (typeof message['name'] === 'string') tokens += tokensPerName + countText(message['name']);
    for (const field of ['tool_calls', 'function_call', 'refusal', 'reasoning_content', 'tool_call_id']) {
      tokens += countJson(message[field]);
    }
  }
  for (const field of ['tools', 'functions', 'response_format', 'tool_choice']) {
    tokens += countJson(request[field]);
  }
  for (const field of ['audio', 'prediction', 'web_search_options']) {
    if (request[field] !== undefined && request[field] !== null) {
      throw unmeasurable(`the field ${field}`, 'Ask for text; what the answer brings beside it cannot be counted.');
    }
  }
  return { ...nothing, inputTokens: tokens, images };
}

/**
 * The request as the upstream gets it: written from what was measured, never the client's own bytes, so that no trick of
 * notation (a key twice) shows the upstream another request. The output's cap is always set, and usage always asked for.
 */
function forwardedBody(request: ChatCompletionRequest, quote: Quote): string {
  if (request.stream !== true && request.max_tokens === quote.outputCap) return JSON.stringify(request);
  const capped = (request.max_completion_tokens ?? undefined) === undefined ? { max_tokens: quote.outputCap } : {};
  const usage = request.stream === true ? { stream_options: { ...request.stream_options, include_usage: true } } : {};
  return JSON.stringify({ ...request, ...capped, ...usage });
}
