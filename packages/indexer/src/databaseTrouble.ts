import { BaseError, causesOf } from '@kedge/core';

/** Classes of SQLSTATE: no connection, a transaction taken back, no resources, a lock, an operator's or timer's break. */
const passing = /^(08|40|53|55|57)[0-9A-Z]{3}$/;
const unreachable = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT']);

/**
 * The error for callers of the API (503, with when to ask again) where PostgreSQL could not answer for a reason that passes;
 * undefined where it is another. What the database said stays in the log. Classes: PostgreSQL's manual, appendix A.
 */
export function databaseTrouble(error: unknown): BaseError | undefined {
  // Query builders wrap what the driver threw.
  const causes: (Error & { readonly code?: unknown })[] = causesOf(error);
  if (!causes.some(({ code }) => typeof code === 'string' && (passing.test(code) || unreachable.has(code)))) {
    return undefined;
  }
  return new BaseError('The database of the indexer could not answer just now.', {
    code: 'database_unavailable',
    status: 503,
    kind: 'transient',
    cause: error,
    values: { retryAfterSeconds: 1 },
    hints: [
      'Ask again in a moment.',
      'If it lasts, the log of the indexer says what its PostgreSQL server is short of.',
    ],
  });
}
