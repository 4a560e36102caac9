import type { ServerResponse } from 'node:http';
import { BaseError, toProblemDetails } from '@kedge/core';

/** Answers with Problem Details (RFC 9457) that also carry the `error` object which OpenAI clients parse. */
export function sendProblem(response: ServerResponse, error: unknown): number {
  const { status, body } = toProblemDetails(error);
  if (response.headersSent || response.destroyed) {
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
    // What was not read of the request would be taken for the next one.
    ...(status === 413 || status === 503 ? { connection: 'close' } : {}),
  });
  return status;
}

export function sendJson(
  response: ServerResponse,
  status: number,
  json: unknown,
  headers: Readonly<Record<string, string>> = {},
): void {
  const body = Buffer.from(JSON.stringify(json));
  response.writeHead(status, { 'content-type': 'application/json', ...headers, 'content-length': body.length });
  response.end(body);
}
