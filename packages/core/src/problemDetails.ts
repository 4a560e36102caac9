import { BaseError, showValue, type ErrorKind } from './baseError.js';

/** RFC 9457, with the `error` member that OpenAI clients parse. */
export type ProblemDetails = {
  /** Relative URI that names the kind of problem: `/problems/<code>`; see {@link answerOfProblem} for an exception. */
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly hints: readonly string[];
  /** What the problem is about; integers beyond JSON's as decimal strings. */
  readonly values?: Readonly<Record<string, string | number | boolean>>;
  readonly error: {
    readonly message: string;
    readonly type: string;
    readonly code: string;
    readonly param: null;
  };
};

const defaults: Record<ErrorKind, { status: number; code: string }> = {
  user: { status: 400, code: 'bad_request' },
  transient: { status: 503, code: 'unavailable' },
  bug: { status: 500, code: 'internal' },
};

const statuses: Record<number, { title: string; type: string }> = {
  400: { title: 'Bad request', type: 'invalid_request_error' },
  401: { title: 'Key refused', type: 'authentication_error' },
  402: { title: 'Payment required', type: 'payment_required_error' },
  403: { title: 'Refused', type: 'permission_error' },
  404: { title: 'Not found', type: 'not_found_error' },
  405: { title: 'Method not allowed', type: 'invalid_request_error' },
  408: { title: 'Request took too long', type: 'timeout_error' },
  409: { title: 'Conflict', type: 'conflict_error' },
  413: { title: 'Request too large', type: 'invalid_request_error' },
  415: { title: 'Unsupported content', type: 'invalid_request_error' },
  429: { title: 'Too many requests', type: 'rate_limit_error' },
  500: { title: 'Internal error', type: 'server_error' },
  502: { title: 'Upstream failed', type: 'upstream_error' },
  503: { title: 'Not available now', type: 'server_error' },
  504: { title: 'Upstream took too long', type: 'upstream_error' },
};

/**
 * Maps any error to an HTTP status and a body for `content-type: application/problem+json`. What is not a
 * {@link BaseError} says nothing of its inside: its message may hold secrets, and belongs in the log.
 *
 * @example
 * const { status, body } = toProblemDetails(error);
 * outgoing.writeHead(status, { 'content-type': 'application/problem+json' }).end(JSON.stringify(body));
 */
export function toProblemDetails(error: unknown): { status: number; body: ProblemDetails } {
  const known =
    error instanceof BaseError
      ? error
      : new BaseError('Something went wrong inside the server.', {
          kind: 'bug',
          hints: ['The cause is in the log of the server.'],
        });
  const status = known.status ?? defaults[known.kind].status;
  const code = known.code ?? defaults[known.kind].code;
  const { title, type } = statuses[status] ?? statuses[status < 500 ? 400 : 500]!;
  const values = Object.fromEntries(Object.entries(known.values).map(([name, value]) => [name, jsonValue(value)]));
  return {
    status,
    body: {
      type: `/problems/${code}`,
      title,
      status,
      detail: known.shortMessage,
      hints: known.hints,
      ...(Object.keys(values).length > 0 ? { values } : {}),
      error: { message: [known.shortMessage, ...known.hints].join(' '), type, code, param: null },
    },
  };
}

/**
 * What a request of `path` is answered with that ends in an error. Clients of the Anthropic API know one by its `type` of
 * `error`, so theirs is told by `error.code` alone; all others get {@link toProblemDetails} as they are.
 *
 * @example
 * const { status, contentType, body } = answerOfProblem(error, '/v1/messages');
 * outgoing.writeHead(status, { 'content-type': contentType }).end(JSON.stringify(body));
 */
export function answerOfProblem(
  error: unknown,
  path: string,
): { status: number; contentType: string; body: ProblemDetails } {
  const { status, body } = toProblemDetails(error);
  if (!anthropicPaths.has(path)) return { status, contentType: 'application/problem+json', body };
  return { status, contentType: 'application/json', body: { ...body, type: 'error' } };
}

const anthropicPaths: ReadonlySet<string> = new Set(['/v1/messages', '/v1/messages/count_tokens']);

function jsonValue(value: unknown): string | number | boolean {
  return typeof value === 'boolean' || (typeof value === 'number' && Number.isFinite(value)) ? value : showValue(value);
}
