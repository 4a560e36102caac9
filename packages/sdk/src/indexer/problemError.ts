import { BaseError } from '@kedge/core';

/**
 * The error that a server of Kedge described as Problem Details; what is none becomes `answer_unknown`.
 *
 * @param body The answer's JSON, or `undefined` where it is none.
 *
 * @example
 * if (!response.ok) throw problemError(response.status, await response.json(), response.url);
 */
export function problemError(status: number, body: unknown, url: string): BaseError {
  const problem = (typeof body === 'object' && body !== null ? body : {}) as Record<string, unknown>;
  const { type, detail, hints, values } = problem;
  if (typeof type !== 'string' || typeof detail !== 'string') {
    return new BaseError(`The server answered with status ${status} and no reason.`, {
      code: 'answer_unknown',
      kind: status < 500 ? 'user' : 'transient',
      status,
      values: { url },
      hints: ['Check the URL: what answers there says nothing that a server of Kedge says.'],
    });
  }
  return new BaseError(detail, {
    code: type.replace(/^\/problems\//, ''),
    kind: status < 500 ? 'user' : 'transient',
    status,
    hints: Array.isArray(hints) ? hints.map(String) : [],
    values: typeof values === 'object' && values !== null ? { ...values } : {},
  });
}
