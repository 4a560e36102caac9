import { countTexts, noCounts, openAiUsage, parseEmbeddingsRequest, pricedBy, refuseUnseen } from '@kedge/core';
import { parseJsonBody } from '../http/parseJsonBody.js';
import { countText } from '../tokens/countText.js';
import { invalidAnswer, parseAnswer } from './json.js';
import { openWhole } from './openWhole.js';
import { checkTerms } from './quoteRequest.js';
import type { Surface } from './surface.js';

/** Embeddings: priced by input tokens, or by records, one for each input. */
export const embeddings: Surface = {
  name: 'embeddings',
  path: '/embeddings',
  pricedBy: pricedBy['/embeddings'],
  dialect: 'openai',
  open: (policy, body) => {
    const request = parseEmbeddingsRequest(parseJsonBody(body));
    checkTerms(policy, embeddings, request.model);
    refuseUnseen('/embeddings', request);
    const { tokens, inputs } = countTexts(request.input, countText);
    const known = { ...noCounts, inputTokens: tokens, records: inputs };
    return openWhole(policy, embeddings, {
      model: request.model,
      known,
      forward: () => ({ body: JSON.stringify(request) }),
      measure: (answer, latin1) => {
        const { data, usage } = parseAnswer(answer, latin1);
        if (!Array.isArray(data) || data.length !== inputs) throw invalidAnswer('has not an embedding for each input');
        return { counts: known, usage: openAiUsage(usage) };
      },
    });
  },
};
