import type { HttpRequest, HttpResponse } from '../http1/exchange.js';
import { pathOf } from './pathOf.js';

/** How long a browser need not ask again, in seconds: none keeps it longer. */
const longest = 7_200;

/** Whether a page of another site may read the answer: under `/v1/`, where a key pays for it that no browser sends by itself. */
function isOpen({ headers, target }: HttpRequest): boolean {
  return headers.get('origin') !== undefined && pathOf(target).startsWith('/v1/');
}

/** The answer to a request, with what a browser wants to see before it lets a page of another site read it. */
export function openToPages(request: HttpRequest, response: HttpResponse): HttpResponse {
  if (!isOpen(request)) return response;
  const open = { 'access-control-allow-origin': '*', 'access-control-expose-headers': '*' };
  return {
    ...response,
    send: (status, headers, body) => response.send(status, { ...headers, ...open }, body),
    begin: (status, headers) => response.begin(status, { ...headers, ...open }),
  };
}

/** Answers a browser that asks whether a page of another site may make a request. What is no such question is left alone. */
export function answerPreflight(request: HttpRequest, response: HttpResponse): boolean {
  const method = request.headers.get('access-control-request-method');
  if (request.method !== 'OPTIONS' || method === undefined || !isOpen(request)) return false;
  const wanted = request.headers.get('access-control-request-headers');
  response.send(
    200,
    {
      'access-control-allow-methods': 'GET, POST',
      // By name: `*` stands for all of them but `authorization`.
      ...(wanted === undefined ? {} : { 'access-control-allow-headers': wanted }),
      'access-control-max-age': String(longest),
    },
    '',
  );
  return true;
}
