import type { Counts, Policy } from '@kedge/core';
import { quoteRequest } from './quoteRequest.js';
import type { OpenedRequest, Surface } from './surface.js';

/** A request whose answer has no output tokens, and comes as a whole. */
export function openWhole(
  policy: Policy,
  { pricedBy }: Surface,
  request: Pick<OpenedRequest, 'model' | 'forward' | 'measure'> & { readonly known: Counts },
): OpenedRequest {
  const { model, known, forward, measure } = request;
  const quote = quoteRequest(policy, pricedBy, { known, outputLimits: null, choices: 1 });
  return { model, quote, isStream: false, forward, measure, readStream: noStream };
}

function noStream(): never {
  throw new Error('This surface has no streams.');
}
