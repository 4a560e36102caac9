import { signedRateQuoteToJson } from '@kedge/core';
import type { ChannelBook } from '../channels/channelBook.js';
import { authenticate } from '../http/authenticate.js';
import { parseJsonBody } from '../http/parseJsonBody.js';
import { bodyOf } from '../http/readBody.js';
import { sendJson } from '../http/sendProblem.js';
import type { HttpRequest, HttpResponse } from '../http1/exchange.js';
import type { RateBook } from './createRateBook.js';
import { takeRateQuotes } from './takeRateQuotes.js';

const maxBytes = 256 * 1024;

/** `GET /v1/rates`: what the next call of this key is metered by: the policy's own rates, or a quote that counts now. */
export async function ratesRoute(
  request: HttpRequest,
  response: HttpResponse,
  { book, rates }: { readonly book: ChannelBook; readonly rates: RateBook },
): Promise<void> {
  const { policy, policyHash } = await authenticate(request.headers, book);
  const quote = rates.current({ policy, policyHash });
  sendJson(response, 200, {
    policyHash,
    rates: { ...policy.rates, ...quote?.quote.rates },
    rateQuote: quote === undefined ? null : signedRateQuoteToJson(quote),
  });
}

/** `PUT /admin/rates`: takes a signed rate quote, or a list. */
export async function takeRatesRoute(request: HttpRequest, response: HttpResponse, rates: RateBook): Promise<void> {
  const body = await bodyOf(request, maxBytes);
  const { quotes, refusals } = await takeRateQuotes(parseJsonBody(body), rates);
  if (refusals[0] !== undefined) throw refusals[0];
  sendJson(response, 200, { quotes });
}
