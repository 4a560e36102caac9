import { BaseError, toProblemDetails } from '@kedge/core';
import type { HttpResponse } from '../http1/exchange.js';

/** Answers with Problem Details (RFC 9457) that also carry the `error` object which OpenAI clients parse. */
export function sendProblem(response: HttpResponse, error: unknown): number {
  const { status, body } = toProblemDetails(error);
  if (response.hasBegun()) {
    response.destroy();
    return status;
  }
  const retryAfter = error instanceof BaseError ? error.values['retryAfterSeconds'] : undefined;
  const allow = error instanceof BaseError ? error.values['allow'] : undefined;
  sendJson(response, status, body, {
    'content-type': 'application/problem+json',
    ...(retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) }),
    ...(allow === undefined ? {} : { allow: String(allow) }),
    ...(status === 401 ? { 'www-authenticate': 'Bearer' } : {}),
  });
  return status;
}

export function sendJson(
  response: HttpResponse,
  status: number,
  json: unknown,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.send(status, { 'content-type': 'application/json', ...headers }, Buffer.from(JSON.stringify(json)));
}
