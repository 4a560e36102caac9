import { BaseError } from '@kedge/core';
import { Hono } from 'hono';
import { graphql } from 'ponder';
import { db } from 'ponder:api';
import schema from 'ponder:schema';
import { databaseTrouble } from '../../../src/databaseTrouble.js';
import { answerSql } from './answerSql';
import { graphqlArguments } from './graphqlArguments';
import { openapiDocument } from './openapi';
import { addRoutes, json, problem } from './serve';

const app = new Hono();
addRoutes(app);
app.get('/openapi.json', () => json(200, openapiDocument()));
app.use('/graphql', graphqlArguments, graphql({ db, schema }));
app.use('/sql/*', answerSql);
app.all('*', ({ req }) =>
  problem(
    new BaseError('There is no such route.', {
      code: 'route_unknown',
      status: 404,
      values: { method: req.method, path: req.path },
      hints: ['GET /openapi.json lists them all.'],
    }),
  ),
);
app.onError((error) => {
  if (!(error instanceof BaseError)) console.error(error);
  return problem(databaseTrouble(error) ?? error);
});

export default app;
