import { Hono, type MiddlewareHandler } from 'hono';
import { client } from 'ponder';
import { db } from 'ponder:api';
import schema from 'ponder:schema';
import { boundCost } from '../../../src/boundCost.js';
import { queryProblem, requireQuery } from '../../../src/queryProblem.js';
import { settings } from './reading';
import { problem } from './serve';

const ponderSql = client({ db: settings.database.kind === 'pglite' ? boundCost(db) : db, schema });
const once = new Hono().use('/sql/db', ponderSql);

/** Ponder's `client`; what it refuses is answered as every other route answers it. */
export const answerSql: MiddlewareHandler = async (context, next) => {
  const { path } = context.req;
  if (path === '/sql/db' || path === '/sql/live') requireQuery(context.req.query('sql'));
  if (path === '/sql/live') {
    // Ponder counts a live query that it refuses as one that is open, for good.
    const refusal = await problemOf(await once.request(`/sql/db${new URL(context.req.url).search}`));
    if (refusal !== undefined) return refusal;
  }
  const answer = await ponderSql(context, next);
  if (!(answer instanceof Response)) return;
  return (await problemOf(answer)) ?? answer;
};

async function problemOf(answer: Response): Promise<Response | undefined> {
  if (answer.ok || answer.headers.get('content-type')?.startsWith('text/plain') !== true) return undefined;
  return problem(queryProblem(await answer.text()));
}
