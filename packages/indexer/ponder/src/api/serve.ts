import {
  BaseError,
  indexerRoutes,
  parseWith,
  toProblemDetails,
  type IndexerRoute,
  type IndexerRouteName,
} from '@kedge/core';
import type { Context, Hono } from 'hono';
import { csvOf, type Part } from './csv';
import { handlers } from './handlers';

// Of a list as CSV, rows that are read at once. A list inside of an answer is worked out whole for each part of it.
const [rowsOfPage, allRows] = [500, Number.MAX_SAFE_INTEGER];

/** Adds every route of the REST API. */
export function addRoutes(app: Hono): void {
  for (const [name, route] of Object.entries(indexerRoutes) as [IndexerRouteName, IndexerRoute][]) {
    app.get(route.path, async (context) => {
      const { format, ...given } = readRequest(route, context);
      const handle = handlers[name] as (parameters: object) => Promise<object>;
      if (format !== 'csv') return json(200, await handle(given));
      const { columns, rowsAtOnce, partOf } = tableOf(route);
      const csv = await csvOf(columns, async (after) => {
        const place = after === undefined ? {} : { after };
        return partOf(await handle('limit' in given ? { ...given, ...place, limit: rowsAtOnce } : given));
      });
      return new Response(csv, {
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

/** The columns of a page's items, or of the list inside of an answer, and where they are in it. */
function tableOf(route: IndexerRoute): {
  columns: string[];
  rowsAtOnce: number;
  partOf: (answer: object) => Part;
} {
  const shape = (route.answer as { shape?: Record<string, unknown> }).shape ?? {};
  const list = 'items' in shape ? 'items' : 'tokens';
  const element = shape[list] as { element: { shape: Record<string, unknown> } };
  return {
    columns: Object.keys(element.element.shape),
    rowsAtOnce: list === 'items' ? rowsOfPage : allRows,
    partOf: (answer) => {
      const { [list]: rows = [], next = null } = answer as { [name: string]: Part['rows'] } & { next?: string | null };
      return { rows, next };
    },
  };
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
