import {
  addTextChoice,
  countJson,
  countTexts,
  noCounts,
  openAiUsage,
  parseCompletionRequest,
  pricedBy,
  refuseUnseen,
  unmeasurable,
} from '@kedge/core';
import { parseJsonBody } from '../http/parseJsonBody.js';
import { countText } from '../tokens/countText.js';
import { createChoicesReader } from './choicesReader.js';
import { invalidAnswer, parseAnswer } from './json.js';
import { checkTerms, quoteRequest } from './quoteRequest.js';
import type { Surface } from './surface.js';
import { createTextMeter } from './textMeter.js';

/** Text completions. Each of several prompts has `n` choices. */
export const completions: Surface = {
  name: 'text completions',
  path: '/completions',
  pricedBy: pricedBy['/completions'],
  dialect: 'openai',
  open: (policy, body) => {
    const request = parseCompletionRequest(parseJsonBody(body));
    checkTerms(policy, completions, request.model);
    refuseUnseen('/completions', request);
    if (request.echo === true) throw unmeasurable('a prompt that is sent back', 'Leave echo out.');
    const { tokens, inputs } = countTexts(request.prompt, countText);
    const known = { ...noCounts, inputTokens: tokens + countJson(request.suffix, countText) };
    const quote = quoteRequest(policy, completions.pricedBy, {
      known,
      outputLimits: [request.max_tokens],
      choices: inputs * (request.n ?? 1),
    });
    const usage = request.stream === true ? { stream_options: { ...request.stream_options, include_usage: true } } : {};
    return {
      model: request.model,
      quote,
      isStream: request.stream === true,
      forward: () => ({ body: JSON.stringify({ ...request, max_tokens: quote.outputCap, ...usage }) }),
      measure: (answer, latin1) => {
        const json = parseAnswer(answer, latin1);
        if (!Array.isArray(json['choices']) || json['choices'].length === 0) throw invalidAnswer('has no choices');
        const meter = createTextMeter();
        for (const choice of json['choices']) addTextChoice(meter, choice);
        return { counts: { ...known, ...meter.tokens() }, usage: openAiUsage(json['usage']) };
      },
      readStream: () =>
        createChoicesReader({
          known,
          addChoice: addTextChoice,
          wantsUsage: request.stream_options?.include_usage === true,
          cutChoice: (index) => ({ index, text: '', finish_reason: 'length' }),
          object: 'text_completion',
        }),
    };
  },
};
