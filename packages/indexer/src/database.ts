import { existsSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { makeFolder } from '@kedge/store/makeFolder';
import pg from 'pg';
import type { IndexerSettings } from './settings.js';

/** A connection to the indexer's database before Ponder opens it. */
export type Database = {
  /** The embedded one has no other user: a lock in it is one that a killed process left. */
  readonly embedded: boolean;
  query(sql: string, values?: readonly unknown[]): Promise<Record<string, unknown>[]>;
  close(): Promise<void>;
};

/** Schema of the embedded database. */
const embeddedSchema = 'kedge';

export function schemaOf({ database }: Pick<IndexerSettings, 'database'>): string {
  return database.kind === 'postgres' ? database.schema : embeddedSchema;
}

/**
 * Opens the database; undefined where an embedded one is not there yet. The first that cannot be opened is put aside, as it may
 * not be the indexer's; later ones are removed, which all come from the chain.
 */
export async function openDatabase(
  { database }: Pick<IndexerSettings, 'database'>,
  note: (line: string) => void,
): Promise<Database | undefined> {
  if (database.kind === 'postgres') {
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    return {
      embedded: false,
      query: async (sql, values = []) => (await client.query(sql, [...values])).rows as Record<string, unknown>[],
      close: () => client.end(),
    };
  }
  const { directory } = database;
  if (!existsSync(join(directory, 'PG_VERSION'))) {
    makeFolder(dirname(directory), 0o700);
    return undefined;
  }
  const embedded = await PGlite.create(directory).catch((error: Error) => {
    const aside = `${directory}.broken`;
    const isFirst = !existsSync(aside);
    const kept = isFirst ? `; what was there is in ${aside}` : '';
    note(`${directory} cannot be opened and is made anew${kept}: ${error.message}`);
    if (isFirst) renameSync(directory, aside);
    else rmSync(directory, { recursive: true, force: true });
  });
  if (embedded === undefined) return undefined;
  return {
    embedded: true,
    query: async (sql, values = []) => (await embedded.query(sql, [...values])).rows as Record<string, unknown>[],
    close: () => embedded.close(),
  };
}
