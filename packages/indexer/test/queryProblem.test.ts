import { expect, test } from 'vitest';
import { queryProblem, requireQuery } from '../src/queryProblem.js';

test.each([
  'syntax error at or near "zzz"',
  'syntax error at or near "canceling"',
  'column "too many clients" does not exist',
  'relation "deadlock" does not exist',
  'could not determine data type of parameter $1',
  'unterminated quoted string at or near "x"',
  'division by zero',
  'InsertStmt not supported',
  'Multiple statements not supported',
  'Invalid query',
])('%s is the query’s own fault: 400, with what was said', (said) => {
  expect(queryProblem(said)).toMatchObject({ code: 'query_invalid', status: 400, values: { reason: said } });
});

test.each([
  'canceling statement due to statement timeout',
  'canceling statement due to user request',
  'terminating connection due to administrator command',
  'Connection terminated unexpectedly',
  'timeout exceeded when trying to connect',
  'sorry, too many clients already',
  'connect ECONNREFUSED 127.0.0.1:5432',
  'could not extend file "base/5/16384": No space left on device',
  'deadlock detected',
  'could not serialize access due to concurrent update',
  'the database system is shutting down',
  'Maximum number of live queries reached',
  'Live queries are not available until the backfill is complete',
])('%s passes: 503, with when to ask again', (said) => {
  const values = { reason: said, retryAfterSeconds: 1 };
  expect(queryProblem(said)).toMatchObject({ code: 'database_unavailable', status: 503, kind: 'transient', values });
});

test('a query is JSON that names SQL and its parameters', () => {
  expect(() => requireQuery(JSON.stringify({ json: { sql: 'SELECT 1', params: [], typings: [] } }))).not.toThrow();
  for (const parameter of [undefined, '', 'zzz', 'null', '1', '{}', '{"json":null}', '{"json":{"sql":"SELECT 1"}}']) {
    expect(() => requireQuery(parameter), parameter).toThrow(
      expect.objectContaining({ code: 'query_invalid', status: 400 }),
    );
  }
});
