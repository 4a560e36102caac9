import {
  BaseError,
  indexerRoutes,
  parseWith,
  toProblemDetails,
  type IndexerRoute,
  type IndexerRouteName,
} from '@kedge/core';
import type { Context, Hono } from 'hono';
import { toCsv } from './csv';
import { handlers } from './handlers';

/** As many rows as a CSV has at most. */
const mostRows = 100_000;

/** Adds every route of the REST API. */
export function addRoutes(app: Hono): void {
  for (const [name, route] of Object.entries(indexerRoutes) as [IndexerRouteName, IndexerRoute][]) {
    app.get(route.path, async (context) => {
      const { format, ...given } = readRequest(route, context);
      const handle = handlers[name] as (parameters: object) => Promise<object>;
      if (format !== 'csv') return json(200, await handle(given));
      const { columns, rows } = tableOf(route, await handle('limit' in given ? { ...given, limit: mostRows } : given));
      return new Response(toCsv(columns, rows), {
        headers: {
          'content-type': 'text/csv; charset=utf-8',
          'content-disposition': `attachment; filename="kedge-${name}.csv"`,
        },
      });
    });
  }
}

function readRequest(route: IndexerRoute, context: Context): Record<string, unknown> {
  const read = (schema: NonNullable<IndexerRoute['params']>, value: unknown, what: string) =>
    parseWith(schema.strict(), value, {
      what,
      code: 'request_invalid',
      hints: ['GET /openapi.json says what this route takes.'],
    });
  const query = context.req.query();
  if (route.query === undefined && Object.keys(query).length > 0) {
    throw new BaseError('This route takes no query.', { code: 'request_invalid', status: 400, values: query });
  }
  return {
    ...(route.params === undefined ? {} : read(route.params, context.req.param(), 'The path')),
    ...(route.query === undefined ? {} : read(route.query, query, 'The query')),
  };
}

/** A page's items, or the list inside of an answer. */
function tableOf(route: IndexerRoute, answer: object): { columns: string[]; rows: Record<string, unknown>[] } {
  const shape = (route.answer as { shape?: Record<string, unknown> }).shape ?? {};
  const list = 'items' in shape ? 'items' : 'tokens';
  const element = shape[list] as { element: { shape: Record<string, unknown> } };
  const rows = (answer as Record<string, Record<string, unknown>[]>)[list] ?? [];
  return { columns: Object.keys(element.element.shape), rows };
}

/** Integers that JSON cannot hold as decimal strings. */
export function json(
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = { 'content-type': 'application/json' },
): Response {
  const text = JSON.stringify(body, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value));
  return new Response(text, { status, headers });
}

export function problem(error: unknown): Response {
  const { status, body } = toProblemDetails(error);
  const retryAfter = error instanceof BaseError ? error.values['retryAfterSeconds'] : undefined;
  return json(status, body, {
    'content-type': 'application/problem+json',
    ...(retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) }),
  });
}
