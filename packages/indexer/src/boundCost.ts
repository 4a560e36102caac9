/** A query as Ponder's client route hands it to the database, and what of a drizzle database that route uses. */
type Query = { readonly sql: string; readonly params: readonly unknown[] };
type Prepared = { execute(): Promise<unknown> };
type Session = { prepareQuery(query: Query, ...more: readonly unknown[]): Prepared };
type Rows = { readonly rows: readonly Readonly<Record<string, unknown>>[] };
type Client = { query(sql: string, values?: readonly unknown[]): Promise<Rows> };
type Database = {
  readonly _: { readonly session: Session };
  readonly $client: { transaction<result>(work: (client: Client) => Promise<result>): Promise<result> };
};
type Plan = { readonly 'Total Cost': number; readonly 'Plan Rows': number; readonly 'Plan Width': number };

// In PostgreSQL's own measure: some seconds of the embedded one. Ten million rows that are only counted cost a little more.
const mostCost = 100_000;
const mostBytes = 32 * 1024 * 1024;

/**
 * Has a database refuse a query that its planner expects to take long, or to answer with more than memory holds. The embedded one
 * runs in this process, and nothing else does until a query is over.
 * @param db of drizzle; queries that it prepares for Ponder's client route were looked through already.
 */
export function boundCost<database extends object>(db: database): database {
  const given = db as unknown as Database;
  const { session } = given._;
  const prepareQuery: Session['prepareQuery'] = (query, ...more) => ({
    execute: async () => {
      requireCheap(await planOf(given.$client, query));
      return session.prepareQuery(query, ...more).execute();
    },
  });
  const bounded = Object.assign(Object.create(session) as Session, { prepareQuery });
  return Object.assign(Object.create(db) as database, { _: { ...given._, session: bounded } });
}

function planOf(client: Database['$client'], { sql, params }: Query): Promise<Plan> {
  return client.transaction(async ({ query }) => {
    // PGlite has it off, which adds ten thousand million to the cost of each table that is read as it lies.
    await query('SET LOCAL enable_seqscan = on');
    const { rows } = await query(`EXPLAIN (FORMAT JSON) ${sql}`, params);
    return (rows as readonly [{ readonly 'QUERY PLAN': readonly [{ readonly Plan: Plan }] }])[0]['QUERY PLAN'][0].Plan;
  });
}

function requireCheap(plan: Plan): void {
  const bytes = plan['Plan Rows'] * plan['Plan Width'];
  if (plan['Total Cost'] <= mostCost && bytes <= mostBytes) return;
  throw new Error(
    `The embedded database would be busy with it for too long: it expects a cost of ${Math.round(plan['Total Cost'])}, of ` +
      `${mostCost} at most, and ${Math.round(bytes)} bytes of rows, of ${mostBytes} at most. Ask for less at once, or run ` +
      'the indexer on a PostgreSQL server, whose queries may take 30 seconds.',
  );
}
