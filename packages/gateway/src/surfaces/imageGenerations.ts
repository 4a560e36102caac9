import { imagesAsked, imagesCame, noCounts, parseImagesRequest, pricedBy } from '@kedge/core';
import { parseJsonBody } from '../http/parseJsonBody.js';
import { invalidAnswer, parseAnswer } from './json.js';
import { openWhole } from './openWhole.js';
import { checkTerms } from './quoteRequest.js';
import type { Surface } from './surface.js';

/** Images, priced by the request or by the image. What fewer images came than were asked for is not charged. */
export const imageGenerations: Surface = {
  name: 'images',
  path: '/images/generations',
  pricedBy: pricedBy['/images/generations'],
  dialect: 'openai',
  open: (policy, body) => {
    const request = parseImagesRequest(parseJsonBody(body));
    checkTerms(policy, imageGenerations, request.model);
    const asked = imagesAsked(request);
    return openWhole(policy, imageGenerations, {
      model: request.model,
      known: { ...noCounts, images: asked },
      forward: () => ({ body: JSON.stringify(request) }),
      measure: (answer, latin1) => {
        const images = imagesCame(parseAnswer(answer, latin1), asked);
        if (images === 0) throw invalidAnswer('has no images');
        return { counts: { ...noCounts, images }, usage: undefined };
      },
    });
  },
};
