import { addMessage, countMessagesInput, messagesUsage, parseMessagesRequest, pricedBy, withInput } from '@kedge/core';
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
    checkTerms(policy, messages, request.model);
    const known = withInput(countMessagesInput(request, countText));
    const quote = quoteRequest(policy, messages.pricedBy, {
      model: request.model,
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
