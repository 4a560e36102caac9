import {
  addChatChoice,
  type ChatCompletionRequest,
  countChatInput,
  openAiUsage,
  parseChatCompletionRequest,
  pricedBy,
  withInput,
} from '@kedge/core';
import { parseJsonBody } from '../http/parseJsonBody.js';
import { countText } from '../tokens/countText.js';
import { invalidAnswer, parseAnswer } from './json.js';
import { createChoicesReader } from './choicesReader.js';
import { checkTerms, quoteRequest } from './quoteRequest.js';
import type { OutputLimitField, Quote, Surface } from './surface.js';
import { createTextMeter } from './textMeter.js';

export const chatCompletions: Surface = {
  name: 'chat completions',
  path: '/chat/completions',
  pricedBy: pricedBy['/chat/completions'],
  dialect: 'openai',
  open: (policy, body) => {
    const request = parseChatCompletionRequest(parseJsonBody(body));
    checkTerms(policy, chatCompletions, request.model);
    const known = withInput(countChatInput(request, countText));
    const quote = quoteRequest(policy, chatCompletions.pricedBy, {
      known,
      outputLimits: [request.max_tokens, request.max_completion_tokens],
      choices: request.n ?? 1,
    });
    return {
      model: request.model,
      quote,
      isStream: request.stream === true,
      forward: ({ outputLimitField }) => ({ body: forwardedBody(request, quote, outputLimitField) }),
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

/**
 * The request as the upstream gets it: written from what was measured, never the client's own bytes, so that no trick of
 * notation (a key twice) shows the upstream another request. The output's cap is always set, in the one field that the upstream
 * obeys, and usage always asked for.
 */
function forwardedBody(request: ChatCompletionRequest, quote: Quote, outputLimitField: OutputLimitField): string {
  const { max_tokens: tokens, max_completion_tokens: completionTokens, ...rest } = request;
  const isStream = request.stream === true;
  if (!isStream && outputLimitField === 'max_tokens' && tokens === quote.outputCap && completionTokens === undefined) {
    return JSON.stringify(request);
  }
  const usage = isStream ? { stream_options: { ...request.stream_options, include_usage: true } } : {};
  return JSON.stringify({ ...rest, [outputLimitField]: quote.outputCap, ...usage });
}
