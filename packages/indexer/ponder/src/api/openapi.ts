import { indexerRoutes, type IndexerRoute } from '@kedge/core';
import * as z from 'zod';

/** The OpenAPI 3.1 document of the REST API, from the table that server and client are made of. */
export function openapiDocument(): object {
  const routes = Object.entries(indexerRoutes) as [string, IndexerRoute][];
  const shared: Record<string, object> = { Problem: problemSchema };
  return {
    openapi: '3.1.0',
    info: {
      title: 'Kedge indexer',
      version: '1',
      description:
        'What is anchored, used, earned and owed, and why. Ids, units and amounts are decimal strings; moments are Unix ' +
        'seconds; addresses are lower-case; the zero address stands for ETH. GraphQL is at /graphql.',
    },
    paths: Object.fromEntries(
      routes.map(([name, route]) => [route.path.replace(/:(\w+)/g, '{$1}'), { get: operationOf(name, route, shared) }]),
    ),
    components: { schemas: shared },
  };
}

function operationOf(name: string, route: IndexerRoute, shared: Record<string, object>): object {
  return {
    operationId: name,
    summary: route.summary,
    parameters: [...parametersOf(route.params, 'path'), ...parametersOf(route.query, 'query')],
    responses: {
      200: {
        description: 'The answer',
        content: {
          'application/json': { schema: schemaOf(route.answer, name, shared) },
          ...(route.query !== undefined && 'format' in route.query.shape
            ? { 'text/csv': { schema: { type: 'string' } } }
            : {}),
        },
      },
      ...Object.fromEntries(
        Object.entries(problems).map(([status, description]) => [status, problemAnswer(description)]),
      ),
    },
  };
}

const problems = {
  400: 'The request is not valid',
  404: 'It is not in the index',
  500: 'The server failed',
  503: 'The database could not answer just now: ask again after `Retry-After`',
};

function problemAnswer(description: string): object {
  return { description, content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } } };
}

function parametersOf(fields: z.ZodObject | undefined, place: 'path' | 'query'): object[] {
  return Object.entries(fields?.shape ?? {}).map(([name, schema]) => ({
    name,
    in: place,
    required: place === 'path',
    schema: schemaOf(schema as z.ZodType),
  }));
}

/** A JSON schema whose own definitions are among the shared ones, where the references of this document lead. */
function schemaOf(schema: z.ZodType, name = '', shared: Record<string, object> = {}): object {
  const { $schema: _dialect, ...rest } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
  const moved = JSON.stringify(rest).replaceAll('"#/$defs/', `"#/components/schemas/${name}_`);
  const { $defs: definitions = {}, ...own } = JSON.parse(moved) as { $defs?: Record<string, object> };
  for (const [key, definition] of Object.entries(definitions)) shared[`${name}_${key}`] = definition;
  return own;
}

const problemSchema = {
  type: 'object',
  required: ['type', 'title', 'status', 'detail', 'hints'],
  properties: {
    type: { type: 'string' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string' },
    hints: { type: 'array', items: { type: 'string' } },
    values: { type: 'object' },
  },
};
