import { BaseError } from '@kedge/core';

/** 503: nothing is served now, and a retry may be in order. */
export function unavailable(message: string, code: string): BaseError {
  return new BaseError(message, {
    code,
    status: 503,
    kind: 'transient',
    hints: ['Nothing was charged. Try again in a moment.'],
    values: { retryAfterSeconds: 2 },
  });
}
