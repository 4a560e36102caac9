import { imagesAsked, imagesCame, noCounts, parseImagesRequest, pricedBy } from '@kedge/core';
import { parseJsonBody } from '../http/parseJsonBody.js';
import { invalidAnswer, parseAnswer } from './json.js';
import { checkTerms, quoteRequest } from './quoteRequest.js';
import { noStream, type Surface } from './surface.js';

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
    const quote = quoteRequest(policy, imageGenerations.pricedBy, {
      model: request.model,
      known: { ...noCounts, images: asked },
      outputLimits: null,
      choices: 1,
    });
    return {
      model: request.model,
      quote,
      isStream: false,
      forward: () => ({ body: JSON.stringify(request) }),
      measure: (answer, latin1) => {
        const images = imagesCame(parseAnswer(answer, latin1), asked);
        if (images === 0) throw invalidAnswer('has no images');
        return { counts: { ...noCounts, images }, usage: undefined };
      },
      readStream: noStream,
    };
  },
};
