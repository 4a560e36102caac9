/** The part of Ponder's query builder for its table of raw blocks, transactions and logs that is used here. */
export type SyncQueries = {
  readonly wrap: Wrap;
  readonly transaction: (...given: readonly unknown[]) => Promise<unknown>;
};

type Query = (db: unknown) => unknown;
type Wrap = (...given: readonly unknown[]) => Promise<unknown>;
type Transaction = {
  readonly wrap: Wrap;
  readonly $client: { query(sql: string, values: readonly string[]): Promise<unknown> };
};
type Row = Readonly<Record<string, unknown>>;

/** Rows of these are written together; nothing reads them before the transaction is over. */
const gathered = new Set(['insert_blocks', 'insert_transactions', 'insert_logs']);
const rowsAtOnce = 5_000;

/**
 * Ponder writes what it fetched block by block, each value as a parameter of its own, in a transaction that is open while it
 * waits for the node. Here the rows of a range of blocks are gathered first and then written in a short transaction, one
 * statement for many rows, which go as one JSON parameter: the same rows for a fraction of the time.
 */
export function gatherSyncRows<queries extends SyncQueries>(queries: queries): queries {
  const transaction = async (...given: readonly unknown[]): Promise<unknown> => {
    const callback = given.find((each) => typeof each === 'function') as (tx: unknown) => Promise<unknown>;
    const rows = new Map<object, Row[]>();
    const others: ((tx: Transaction) => Promise<unknown>)[] = [];
    const wrap: Wrap = async (...call) => {
      const label = labelOf(call[0]);
      if (gathered.has(label)) return gather(rows, call.find((each) => typeof each === 'function') as Query);
      if (!label.startsWith('insert_')) return queries.wrap(...call);
      others.push((tx) => tx.wrap(...call));
    };
    const result = await callback({ ...queries, wrap });
    if (rows.size + others.length > 0) {
      await queries.transaction(async (tx: Transaction) => {
        for (const [table, ofTable] of rows) await writeRows(tx, table, ofTable);
        for (const write of others) await write(tx);
      });
    }
    return result;
  };
  return Object.assign(Object.create(queries) as queries, { transaction });
}

function labelOf(first: unknown): string {
  return typeof first === 'object' && first !== null && 'label' in first ? String(first.label) : '';
}

/** Runs a query of the form `db.insert(table).values(rows).onConflictDoNothing(…)` and keeps the rows. */
function gather(rows: Map<object, Row[]>, query: Query): unknown {
  return query({
    insert: (table: object) => ({
      values: (given: readonly Row[]) => {
        const ofTable = rows.get(table) ?? [];
        rows.set(table, ofTable);
        for (const row of given) ofTable.push(row);
        return { onConflictDoNothing: () => undefined };
      },
    }),
  });
}

async function writeRows(tx: Transaction, table: object, rows: readonly Row[]): Promise<void> {
  const name = `"${read(table, 'Schema')}"."${read(table, 'Name')}"`;
  const keys = Object.keys(rows[0] ?? {});
  const columns = keys.map(snakeCase);
  const listed = columns.map((column) => `"${column}"`).join(', ');
  for (let from = 0; from < rows.length; from += rowsAtOnce) {
    const json = rows.slice(from, from + rowsAtOnce).map((row) => {
      const written: Record<string, unknown> = {};
      for (const [place, key] of keys.entries()) {
        const value = row[key];
        written[columns[place]!] = typeof value === 'bigint' ? value.toString() : value;
      }
      return written;
    });
    await tx.$client.query(
      `INSERT INTO ${name} (${listed}) SELECT ${listed} FROM json_populate_recordset(NULL::${name}, $1::text::json) ON CONFLICT DO NOTHING`,
      [JSON.stringify(json)],
    );
  }
}

/** What drizzle keeps on a table under a symbol. */
function read(table: object, what: 'Schema' | 'Name'): string {
  return String((table as Record<symbol, unknown>)[Symbol.for(`drizzle:${what}`)]);
}

/** A column's name as Ponder's own statements have it: drizzle's rule. */
function snakeCase(key: string): string {
  return (key.match(/[\da-z]+|[A-Z]+(?![a-z])|[A-Z][\da-z]+/g) ?? []).map((word) => word.toLowerCase()).join('_');
}
