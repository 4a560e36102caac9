import { BaseError, type Hex } from '@kedge/core';
import type { Database } from './database.js';

/** A block up to which nothing is taken back any more. */
export type Checkpoint = { readonly blockNumber: number; readonly blockHash: Hex };

// Ponder's table of checkpoints knows a block's number, not its hash. This one, in the same schema, knows both.
const tableOf = (schema: string): string => `"${schema}"."kedge_checkpoint"`;

/** SQL that runs on Ponder's own connection or on ours. */
export type Run = (sql: string) => Promise<unknown>;

/** Writes down which app on which chain this schema belongs to; for {@link isOurs} at the next start. */
export async function claimSchema(run: Run, schema: string, key: string): Promise<void> {
  await run(`CREATE TABLE IF NOT EXISTS ${tableOf(schema)} (key TEXT NOT NULL, block_number BIGINT, block_hash TEXT)`);
  await run(`DELETE FROM ${tableOf(schema)} WHERE key <> '${key}'`);
  await run(
    `INSERT INTO ${tableOf(schema)} (key) SELECT '${key}' WHERE NOT EXISTS (SELECT 1 FROM ${tableOf(schema)} WHERE block_number IS NULL)`,
  );
}

/** Notes a final block; keeps the last few. */
export async function noteCheckpoint(run: Run, schema: string, key: string, final: Checkpoint): Promise<void> {
  const { blockNumber, blockHash } = final;
  await run(`INSERT INTO ${tableOf(schema)} VALUES ('${key}', ${blockNumber}, '${blockHash}')`);
  await run(`DELETE FROM ${tableOf(schema)} WHERE block_number < ${blockNumber - 1_000}`);
}

/** Block number inside one of Ponder's checkpoints: digits 27 to 42, after ten of time and sixteen of the chain's id. */
export function blockOfCheckpoint(encoded: string): number {
  return Number(encoded.slice(26, 42));
}

/** Up to which block Ponder will not take anything back; undefined before it began. */
export const finalizedQuery = (schema: string): string =>
  `SELECT finalized_checkpoint AS encoded FROM "${schema}"."_ponder_checkpoint"`;

/** Comment on a schema of a server that the indexer made for itself, and may drop. */
const ownersMark = 'Made by kedge indexer, which drops it and builds it again from the chain.';

/**
 * Makes the database fit for the next run: where it belongs to another app or chain, or to a chain that was cut off before the
 * newest final block that it holds, its schema is dropped and is built again from the first block. On a server only a schema
 * that carries the indexer's mark is ever dropped: one that is not there yet is made with it, an empty one is given it.
 *
 * @param hashOf hash of a block of the chain; undefined where the chain has none of that number
 * @returns why it was dropped; undefined when it is kept, or there was none
 *
 * @throws BaseError `schema_foreign` where the schema holds what the indexer did not make.
 */
export async function prepareDatabase(
  database: Database,
  schema: string,
  key: string,
  hashOf: (blockNumber: number) => Promise<Hex | undefined>,
): Promise<string | undefined> {
  // Not information_schema: it hides the schemas of other owners.
  const found = await database.query(
    "SELECT obj_description(oid, 'pg_namespace') AS mark FROM pg_namespace WHERE nspname = $1",
    [schema],
  );
  if (found[0] === undefined) {
    if (!database.embedded) await makeSchema(database, schema);
    return undefined;
  }
  // The embedded database has nobody else in it.
  if (!database.embedded && found[0]['mark'] !== ownersMark) {
    await requireEmpty(database, schema);
    await markSchema(database, schema);
    return undefined;
  }
  const fault = await faultOf(database, schema, key, hashOf);
  if (fault !== undefined) {
    await database.query(`DROP SCHEMA "${schema}" CASCADE`);
    // Ponder keeps raw blocks and events there, and keeps the old ones where it reads others of the same numbers.
    if (database.embedded && !fault.isOfThisChain) await database.query('DROP SCHEMA IF EXISTS ponder_sync CASCADE');
    if (!database.embedded) await makeSchema(database, schema);
    return fault.reason;
  }
  if (database.embedded) {
    await database.query(`UPDATE "${schema}"."_ponder_meta" SET value = jsonb_set(value, '{is_locked}', '0')`);
  }
  return undefined;
}

/** In one statement: a schema that is there is marked. */
async function makeSchema(database: Database, schema: string): Promise<void> {
  await database.query(
    `DO $$ BEGIN CREATE SCHEMA "${schema}"; COMMENT ON SCHEMA "${schema}" IS '${ownersMark}'; END $$`,
  );
}

async function markSchema(database: Database, schema: string): Promise<void> {
  await database.query(`COMMENT ON SCHEMA "${schema}" IS '${ownersMark}'`);
}

async function requireEmpty(database: Database, schema: string): Promise<void> {
  // Whatever is in a schema depends on it: tables, views, functions, types. So do rights that objects to come will have.
  const [held] = await database.query(
    `SELECT count(*)::int AS count, min(pg_describe_object(classid, objid, objsubid)) AS example FROM pg_depend
     WHERE classid <> 'pg_default_acl'::regclass AND refclassid = 'pg_namespace'::regclass AND refobjid = (SELECT oid FROM pg_namespace WHERE nspname = $1)`,
    [schema],
  );
  if (held?.['count'] === 0) return;
  throw new BaseError(`The schema "${schema}" holds what the indexer did not make, and is left as it is.`, {
    code: 'schema_foreign',
    values: { schema, objects: Number(held?.['count']), example: String(held?.['example']) },
    hints: [
      'Name a schema that is not there yet, or an empty one: the indexer drops its schema whenever it begins anew.',
      `If it is an index of an older version and nothing else is in it, drop it first: DROP SCHEMA "${schema}" CASCADE.`,
    ],
  });
}

/** Why an index cannot be gone on with, and whether what it read is known to be of the chain as it is now. */
type Fault = { readonly reason: string; readonly isOfThisChain: boolean };

async function faultOf(
  database: Database,
  schema: string,
  key: string,
  hashOf: (blockNumber: number) => Promise<Hex | undefined>,
): Promise<Fault | undefined> {
  const unfinished = { reason: 'its first run was not finished', isOfThisChain: true };
  const tables = await database.query('SELECT table_name FROM information_schema.tables WHERE table_schema = $1', [
    schema,
  ]);
  const names = new Set(tables.map((row) => row['table_name']));
  if (!names.has('kedge_checkpoint')) return unfinished;
  const claims = await database.query(`SELECT key FROM ${tableOf(schema)} WHERE block_number IS NULL`);
  if (claims[0]?.['key'] !== key) {
    return { reason: 'it was made by another version, or of another chain', isOfThisChain: false };
  }
  if (!names.has('_ponder_checkpoint')) return unfinished;
  const encoded = (await database.query(finalizedQuery(schema)))[0]?.['encoded'];
  if (typeof encoded !== 'string') return unfinished;
  const blockNumber = blockOfCheckpoint(encoded);
  const noted = await database.query(`SELECT block_hash FROM ${tableOf(schema)} WHERE block_number = $1`, [
    blockNumber,
  ]);
  const expected = noted[0]?.['block_hash'];
  if (expected === undefined) {
    return { reason: `nothing was noted of its newest final block, ${blockNumber}`, isOfThisChain: true };
  }
  const hash = await hashOf(blockNumber);
  if (hash === expected) return undefined;
  const reason =
    hash === undefined
      ? `the chain is shorter than block ${blockNumber}, up to which it was indexed`
      : `the chain has another block ${blockNumber} than the one that was indexed`;
  return { reason, isOfThisChain: false };
}
