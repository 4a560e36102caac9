import { BaseError } from '@kedge/core';

/** What PostgreSQL, its drivers and Ponder say where they could not answer for a reason that passes. Names are cut out before. */
const passing = new RegExp(
  'cancell?ing|\\bterminat|time(d )?-?out|too many (clients|connections)|maximum number|until the backfill|out of (shared )?memory|' +
    'no space left|could not (extend|write|read|open|resize|connect|serialize|obtain)|deadlock|ECONN|EPIPE|ETIMEDOUT|' +
    'shutting down|starting up|in recovery',
  'i',
);

/**
 * The error for who sent SQL that Ponder's client route did not answer: it says why in plain text only, and 500 for most. A reason
 * that passes is 503, and all else is the query's own fault.
 * @param said What the route said. PostgreSQL writes names, which may be anything, in double quotes.
 */
export function queryProblem(said: string): BaseError {
  if (!passing.test(said.replace(/"[^"]*"/g, '""'))) return queryInvalid(said);
  return new BaseError('The database of the indexer could not answer the query just now.', {
    code: 'database_unavailable',
    status: 503,
    kind: 'transient',
    values: { reason: said, retryAfterSeconds: 1 },
    hints: ['Ask again in a moment.'],
  });
}

/**
 * Looks at the `sql` parameter as `@ponder/client` writes it: JSON of a query and its parameters, beside what types they have.
 * @throws BaseError 400 `query_invalid`.
 */
export function requireQuery(parameter: string | undefined): void {
  if (parameter === undefined) throw queryInvalid('there is no sql parameter');
  let value: { readonly json?: { readonly sql?: unknown; readonly params?: unknown } | null } | null;
  try {
    value = JSON.parse(parameter) as typeof value;
  } catch (cause) {
    throw queryInvalid('the sql parameter is no JSON', cause);
  }
  const { sql, params } = value?.json ?? {};
  if (typeof sql !== 'string' || !Array.isArray(params)) throw queryInvalid('it names no sql and params');
}

function queryInvalid(reason: string, cause?: unknown): BaseError {
  return new BaseError('The query is not one that is answered.', {
    code: 'query_invalid',
    status: 400,
    cause,
    values: { reason },
    hints: ['Send one SELECT over the tables of the indexer, as createClient of @ponder/client does.'],
  });
}
