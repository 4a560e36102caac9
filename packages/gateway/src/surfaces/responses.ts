import {
  addResponse,
  countResponsesInput,
  parseResponsesRequest,
  type Policy,
  pricedBy,
  type ResponsesRequest,
  responsesUsage,
  unmeasurable,
  withInput,
} from '@kedge/core';
import { parseJsonBody } from '../http/parseJsonBody.js';
import { countText } from '../tokens/countText.js';
import { invalidAnswer, parseAnswer } from './json.js';
import { checkTerms, quoteRequest } from './quoteRequest.js';
import { createResponsesReader } from './responsesReader.js';
import type { Surface } from './surface.js';
import { createTextMeter } from './textMeter.js';

/** Responses. What the upstream would take from its memory, or do by itself, is not seen here and refused. */
export const responses: Surface = {
  name: 'responses',
  path: '/responses',
  pricedBy: pricedBy['/responses'],
  dialect: 'openai',
  open: (policy, body) => {
    const request = parseResponsesRequest(parseJsonBody(body));
    checkTerms(policy, responses, request.model);
    refuseHidden(policy, request);
    const known = withInput(countResponsesInput(request, countText));
    const quote = quoteRequest(policy, responses.pricedBy, {
      known,
      outputLimits: [request.max_output_tokens],
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
        addResponse(meter, json);
        return { counts: { ...known, ...meter.tokens() }, usage: responsesUsage(json['usage']) };
      },
      readStream: () => createResponsesReader(known),
    };
  },
};

function refuseHidden(policy: Policy, request: ResponsesRequest): void {
  // Its answer would be fetched later, past the meter.
  if (request.background === true) throw unmeasurable('responses in the background', 'Leave background out.');
  if (policy.rates.input_tokens === undefined) return;
  for (const field of ['previous_response_id', 'conversation', 'prompt']) {
    if (request[field] !== undefined && request[field] !== null) {
      throw unmeasurable(`input that only the upstream has (${field})`, 'Send the whole conversation as input.');
    }
  }
}
