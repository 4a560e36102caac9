import type { MiddlewareHandler } from 'hono';
import { queryProblem, requireQuery } from '../../../src/queryProblem.js';
import { problem } from './serve';

/** Before Ponder's `client`: has what it refuses answered as every other route answers it. */
export const sqlProblems: MiddlewareHandler = async (context, next) => {
  if (context.req.path === '/sql/db' || context.req.path === '/sql/live') requireQuery(context.req.query('sql'));
  await next();
  const { res } = context;
  if (res.ok || res.headers.get('content-type')?.startsWith('text/plain') !== true) return;
  const said = await res.text();
  context.res = undefined;
  context.res = problem(queryProblem(said));
};
