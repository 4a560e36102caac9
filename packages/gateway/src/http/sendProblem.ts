import { answerOfProblem, BaseError, type ProblemDetails } from '@kedge/core';
import type { HttpResponse } from '../http1/exchange.js';
import { x402Headers } from '../topUps/x402Messages.js';

/** Answers a request for `path` with Problem Details (RFC 9457) that also carry the `error` object which clients parse. */
export function sendProblem(response: HttpResponse, error: unknown, path: string): number {
  const { status, contentType, body: problem } = answerOfProblem(error, path);
  const body = withOffer(problem, error);
  if (response.hasBegun()) {
    response.destroy();
    return status;
  }
  const retryAfter = error instanceof BaseError ? error.values['retryAfterSeconds'] : undefined;
  const allow = error instanceof BaseError ? error.values['allow'] : undefined;
  sendJson(response, status, body, {
    'content-type': contentType,
    ...(retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) }),
    ...(allow === undefined ? {} : { allow: String(allow) }),
    ...paymentHeaders(error),
    ...(status === 401 ? { 'www-authenticate': 'Bearer' } : {}),
    // The clients of OpenAI and Anthropic repeat every 409 unless they are told.
    ...(status === 409 && !isTransient(error) ? { 'x-should-retry': 'false' } : {}),
  });
  return status;
}

function isTransient(error: unknown): boolean {
  return error instanceof BaseError && error.kind === 'transient';
}

export function sendJson(
  response: HttpResponse,
  status: number,
  json: unknown,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.send(status, { 'content-type': 'application/json', ...headers }, Buffer.from(JSON.stringify(json)));
}

const inHeaders = new Set(['offer', 'paymentRequired', 'paymentResponse']);

/** What x402 clients read. */
function paymentHeaders(error: unknown): Readonly<Record<string, string>> {
  const { paymentRequired, paymentResponse } = error instanceof BaseError ? error.values : {};
  return {
    ...(typeof paymentRequired === 'string'
      ? { [x402Headers.required]: paymentRequired, 'cache-control': 'no-store' }
      : {}),
    ...(typeof paymentResponse === 'string' ? { [x402Headers.response]: paymentResponse } : {}),
  };
}

/** A 402's offer is an object of its own, for programs to read: values are for people. */
function withOffer(problem: ProblemDetails, error: unknown): ProblemDetails & { readonly offer?: unknown } {
  const offer = error instanceof BaseError ? error.values['offer'] : undefined;
  if (problem.values === undefined) return problem;
  const values = Object.fromEntries(Object.entries(problem.values).filter(([name]) => !inHeaders.has(name)));
  return { ...problem, values, ...(offer === undefined ? {} : { offer }) };
}
