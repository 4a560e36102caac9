import { parseResponsesRequest, type Policy, type ResponsesRequest, scalarText } from '@kedge/core';
import { parseJsonBody } from '../http/parseJsonBody.js';
import { countText } from '../tokens/countText.js';
import { countJson } from './countJson.js';
import { invalidAnswer, isObject, listOf, parseAnswer } from './json.js';
import { checkTerms, quoteRequest } from './quoteRequest.js';
import { unmeasurable } from './refused.js';
import { addOutputItem, createResponsesReader, responsesUsage } from './responsesReader.js';
import { nothing, type Counts, type Surface } from './surface.js';
import { createTextMeter } from './textMeter.js';

const tokensPerItem = 3;

/** Responses. What the upstream would take from its memory, or do by itself, is not seen here and refused. */
export const responses: Surface = {
  name: 'responses',
  path: '/responses',
  pricedBy: ['input_tokens', 'output_tokens', 'requests'],
  dialect: 'openai',
  open: (policy, body) => {
    const request = parseResponsesRequest(parseJsonBody(body));
    checkTerms(policy, responses, request.model);
    refuseHidden(policy, request);
    const known = countInput(request);
    const quote = quoteRequest(policy, responses.pricedBy, {
      model: request.model,
      known,
      outputTokens: request.max_output_tokens ?? undefined,
      choices: 1,
    });
    return {
      model: request.model,
      quote,
      isStream: request.stream === true,
      forward: () => ({ body: JSON.stringify({ ...request, max_output_tokens: quote.outputCap }) }),
      measure: (answer, latin1) => {
        const json = parseAnswer(answer, latin1);
        if (!Array.isArray(json['output']) || json['output'].length === 0) throw invalidAnswer('has no output');
        const meter = createTextMeter();
        json['output'].forEach((item: unknown, index) => addOutputItem(meter, index, item));
        return { counts: { ...known, ...meter.tokens() }, usage: responsesUsage(json['usage']) };
      },
      readStream: () => createResponsesReader(known),
    };
  },
};

/**
 * Input tokens: for each item 3 + its role, content and calls; instructions; what else the model is shown (tools, text
 * format), as its JSON text.
 */
function countInput(request: ResponsesRequest): Counts {
  let tokens = tokensPerItem;
  let images = 0;
  const addContent = (content: unknown): void => {
    if (typeof content === 'string') tokens += countText(content);
    for (const part of listOf(content)) {
      if (!isObject(part)) continue;
      if (part['type'] === 'input_image') images++;
      else if (typeof part['text'] === 'string') tokens += countText(part['text']);
      else if (typeof part['refusal'] === 'string') tokens += countText(part['refusal']);
      else
        throw unmeasurable(`input parts of type ${scalarText(part['type'])}`, 'Send input_text or input_image parts.');
    }
  };
  for (const given of [request.instructions, request.input]) {
    if (typeof given === 'string') tokens += tokensPerItem + countText(given);
    for (const item of typeof given === 'string' ? [] : (given ?? [])) {
      tokens += tokensPerItem;
      if (item.role !== undefined && item.role !== null) {
        tokens += countText(item.role);
        addContent(item.content);
      } else if (['function_call', 'custom_tool_call', 'reasoning'].includes(item.type ?? ''))
        tokens += countJson(item);
      else if (['function_call_output', 'custom_tool_call_output'].includes(item.type ?? ''))
        addContent(item['output']);
      else throw unmeasurable(`input items of type ${item.type}`, 'Send messages, function calls and their outputs.');
    }
  }
  for (const field of ['tools', 'tool_choice', 'text']) tokens += countJson(request[field]);
  return { ...nothing, inputTokens: tokens, images };
}

function refuseHidden(policy: Policy, request: ResponsesRequest): void {
  // Its answer would be fetched later, past the meter.
  if (request.background === true) throw unmeasurable('responses in the background', 'Leave background out.');
  for (const { type } of request.tools ?? []) {
    if (type !== 'function' && type !== 'custom') {
      throw unmeasurable(
        `tools of type ${type}`,
        'Send function or custom tools: those that the upstream runs cannot be counted.',
      );
    }
  }
  if (policy.rates.input_tokens === undefined) return;
  for (const field of ['previous_response_id', 'conversation', 'prompt']) {
    if (request[field] !== undefined && request[field] !== null) {
      throw unmeasurable(`input that only the upstream has (${field})`, 'Send the whole conversation as input.');
    }
  }
}
