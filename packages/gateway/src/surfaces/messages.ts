import {
  addMessage,
  type Counts,
  countMessagesInput,
  isJsonObject,
  messagesUsage,
  type MessagesRequest,
  parseMessagesRequest,
  type Policy,
  pricedBy,
  withInput,
  worstUnitsAt,
} from '@kedge/core';
import { parseJsonBody } from '../http/parseJsonBody.js';
import { countText } from '../tokens/countText.js';
import { invalidAnswer, parseAnswer } from './json.js';
import { createMessagesReader } from './messagesReader.js';
import { checkTerms, quoteRequest } from './quoteRequest.js';
import type { Surface } from './surface.js';
import { createTextMeter } from './textMeter.js';

/** The format of the Anthropic Messages API. */
export const messages: Surface = {
  name: 'messages',
  path: '/messages',
  pricedBy: pricedBy['/messages'],
  dialect: 'anthropic',
  open: (policy, body) => {
    const request = parseMessagesRequest(parseJsonBody(body));
    const known = countInput(policy, request);
    const quote = quoteRequest(policy, messages.pricedBy, {
      known,
      outputLimits: [request.max_tokens],
      choices: 1,
    });
    return {
      model: request.model,
      quote,
      isStream: request.stream === true,
      forward: () => ({ body: JSON.stringify(request) }),
      measure: (answer, latin1) => {
        const json = parseAnswer(answer, latin1);
        if (!Array.isArray(json['content'])) throw invalidAnswer('has no content');
        const meter = createTextMeter();
        addMessage(meter, json);
        return { counts: { ...known, ...meter.tokens() }, usage: messagesUsage(json['usage']) };
      },
      readStream: () => createMessagesReader(known),
    };
  },
};

/**
 * What a call with such a body would be metered for as its input, for a client that wants to know before. No cap bounds it: it
 * is how a client learns that its prompt is too long.
 * @throws BaseError 400 for what is no such request; 403 `policy_refused`, as the call would be.
 */
export function countMessages(policy: Policy, body: Buffer): { readonly model: string; readonly inputTokens: number } {
  const json = parseJsonBody(body);
  // Where tokens are only counted, a request need not say how long its answer may be.
  const request = parseMessagesRequest(isJsonObject(json) ? { max_tokens: 1, ...json } : json);
  const known = countInput(policy, request);
  // Refuses images that have no rate.
  worstUnitsAt(policy, { pricedBy: messages.pricedBy, known, choices: 1 }, 0);
  return { model: request.model, inputTokens: known.inputTokens };
}

function countInput(policy: Policy, request: MessagesRequest): Counts {
  checkTerms(policy, messages, request.model);
  return withInput(countMessagesInput(request, countText));
}
