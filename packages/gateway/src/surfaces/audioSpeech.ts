import { noCounts, parseSpeechRequest, pricedBy, unmeasurable } from '@kedge/core';
import { parseJsonBody } from '../http/parseJsonBody.js';
import { invalidAnswer } from './json.js';
import { openWhole } from './openWhole.js';
import { checkTerms } from './quoteRequest.js';
import type { Surface } from './surface.js';

/** Spoken text, priced by the request. */
export const audioSpeech: Surface = {
  name: 'speech',
  path: '/audio/speech',
  pricedBy: pricedBy['/audio/speech'],
  dialect: 'openai',
  open: (policy, body) => {
    const request = parseSpeechRequest(parseJsonBody(body));
    checkTerms(policy, audioSpeech, request.model);
    if (request.stream_format === 'sse') throw unmeasurable('speech as events', 'Leave stream_format out.');
    return openWhole(policy, audioSpeech, {
      model: request.model,
      known: noCounts,
      forward: () => ({ body: JSON.stringify(request) }),
      measure: (answer) => {
        if (answer.length === 0) throw invalidAnswer('is empty');
        return { counts: noCounts, usage: undefined };
      },
    });
  },
};
