import type { MiddlewareHandler } from 'hono';
import { argumentProblems } from '../../../src/argumentProblems.js';
import { json } from './serve';

/** Before Ponder's `graphql`: answers what that would take for something else, in its own form. */
export const graphqlArguments: MiddlewareHandler = async ({ req }, next) => {
  if (req.method !== 'POST') return next();
  const type = req.header('content-type') ?? '';
  // Other forms, which Ponder's server takes as well, would have to be read as it reads them.
  if (!/^application\/json\b/i.test(type)) return refused([{ message: 'Send the query as application/json.' }]);
  const text = await req.raw.clone().text();
  const { query, variables } = (parsed(text) ?? {}) as { readonly query?: unknown; readonly variables?: object | null };
  const problems = typeof query === 'string' ? argumentProblems(query, { ...variables }) : [];
  return problems.length === 0 ? next() : refused(problems);
};

function refused(errors: readonly object[]): Response {
  return json(200, { errors });
}

/** Undefined for what is no JSON, which Ponder's server says itself. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
