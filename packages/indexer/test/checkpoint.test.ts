import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { startPostgres, type TestPostgres } from '@kedge/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { claimSchema, noteCheckpoint, prepareDatabase } from '../src/checkpoint.js';
import { openDatabase, type Database } from '../src/database.js';
import { parseIndexerSettings } from '../src/settings.js';

let postgres: TestPostgres;
let database: Database;

beforeAll(async () => {
  postgres = await startPostgres();
  database = (await openDatabase({ database: { kind: 'postgres', url: postgres.url, schema: 'kedge' } }, () => {}))!;
});
afterAll(async () => {
  await database?.close();
  await postgres?.close();
});

const prepare = (schema: string, key = 'app') => prepareDatabase(database, schema, key, async () => undefined);
const exists = async (schema: string): Promise<boolean> =>
  (await database.query('SELECT 1 FROM pg_namespace WHERE nspname = $1', [schema])).length > 0;

test.each([
  ['a table', 'CREATE TABLE books.accounts AS SELECT 7 AS amount', 'SELECT amount AS kept FROM books.accounts'],
  ['a function', 'CREATE FUNCTION books.seven() RETURNS int LANGUAGE sql RETURN 7', 'SELECT books.seven() AS kept'],
  ['a type', "CREATE TYPE books.seven AS ENUM ('7')", "SELECT '7'::books.seven::text::int AS kept"],
])('a schema of someone else with %s in it is refused and left as it is', async (_, make, ask) => {
  await database.query('CREATE SCHEMA books');
  await database.query(make);
  const refused = await prepare('books').catch((error: unknown) => error);
  expect(refused).toMatchObject({ code: 'schema_foreign', values: { schema: 'books', objects: 1 } });
  expect(await database.query(ask)).toEqual([{ kept: 7 }]);
  await database.query('DROP SCHEMA books CASCADE');
});

test('a table named as ours in a schema that we did not make does not make it ours', async () => {
  await database.query('CREATE SCHEMA books');
  await claimSchema((sql) => database.query(sql), 'books', 'app');
  await database.query('CREATE TABLE books."_ponder_checkpoint" (finalized_checkpoint TEXT)');
  await expect(prepare('books', 'other')).rejects.toMatchObject({ code: 'schema_foreign' });
  expect(await exists('books')).toBe(true);
  await database.query('DROP SCHEMA books CASCADE');
});

test('a schema that is not there is made and marked, an empty one is taken, and what stands in either is dropped', async () => {
  await database.query('CREATE SCHEMA taken');
  await database.query('ALTER DEFAULT PRIVILEGES IN SCHEMA taken GRANT SELECT ON TABLES TO PUBLIC');
  for (const schema of ['made', 'taken']) {
    expect(await prepare(schema)).toBeUndefined();
    // As far as a first run got before it was killed.
    await database.query(`CREATE TABLE ${schema}.class AS SELECT 7 AS amount`);
    expect(await prepare(schema)).toBe('its first run was not finished');
    await expect(database.query(`SELECT * FROM ${schema}.class`)).rejects.toMatchObject({ code: '42P01' });
    // It is still ours.
    await database.query(`CREATE TABLE ${schema}.class AS SELECT 7 AS amount`);
    expect(await prepare(schema)).toBe('its first run was not finished');
  }
});

test('with an index that may be of another chain go the raw blocks of an embedded database, and with no other', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'kedge-checkpoint-'));
  const directory = join(folder, 'database');
  const made = await PGlite.create(directory);
  await made.close();
  const embedded = (await openDatabase({ database: { kind: 'pglite', directory } }, () => {}))!;
  const run = (sql: string) => embedded.query(sql);
  const hasRaw = async () => (await run("SELECT 1 FROM pg_namespace WHERE nspname = 'ponder_sync'")).length > 0;
  const encoded = '5'.padStart(42, '0').padEnd(75, '0');
  for (const { key = 'app', noted = 5, reason, stays } of [
    { noted: 4, reason: 'nothing was noted of its newest final block, 5', stays: true },
    { key: 'other', reason: 'it was made by another version, or of another chain', stays: false },
    { reason: 'the chain is shorter than block 5, up to which it was indexed', stays: false },
  ]) {
    await run('CREATE SCHEMA IF NOT EXISTS ponder_sync');
    await run('CREATE SCHEMA kedge');
    await claimSchema(run, 'kedge', 'app');
    await noteCheckpoint(run, 'kedge', 'app', { blockNumber: noted, blockHash: '0xab' });
    await run(`CREATE TABLE kedge."_ponder_checkpoint" AS SELECT '${encoded}' AS finalized_checkpoint`);
    expect(await prepareDatabase(embedded, 'kedge', key, async () => undefined)).toBe(reason);
    expect(await hasRaw()).toBe(stays);
  }
  await embedded.close();
  rmSync(folder, { recursive: true });
});

test('a marked schema of the same app and chain is kept', async () => {
  await prepare('kept');
  const run = (sql: string) => database.query(sql);
  await claimSchema(run, 'kept', 'app');
  const blockHash = `0x${'ab'.repeat(32)}` as const;
  await noteCheckpoint(run, 'kept', 'app', { blockNumber: 5, blockHash });
  const encoded = '5'.padStart(42, '0').padEnd(75, '0');
  await database.query(`CREATE TABLE kept."_ponder_checkpoint" AS SELECT '${encoded}' AS finalized_checkpoint`);
  const again = (hash: `0x${string}`) => prepareDatabase(database, 'kept', 'app', async () => hash);
  expect(await again(blockHash)).toBeUndefined();
  expect(await database.query('SELECT * FROM kept."_ponder_checkpoint"')).toHaveLength(1);
  expect(await again('0x00')).toBe('the chain has another block 5 than the one that was indexed');
});

test.each(['public', 'information_schema', 'pg_catalog', 'pg_mine', 'ponder_sync', 'with space', ''])(
  'the settings refuse the schema "%s"',
  (schema) => {
    const address = `0x${'11'.repeat(20)}`;
    const contracts = { DataAnchoringToken: address, ValueChannels: address, ValueMarket: address };
    const given = (name: string) => ({
      rpcUrl: 'http://127.0.0.1:1',
      chainId: 1,
      contracts,
      database: { kind: 'postgres', url: 'postgres://localhost/db', schema: name },
    });
    expect(() => parseIndexerSettings(given(schema))).toThrow(
      expect.objectContaining({ code: 'indexer_settings_invalid' }),
    );
    expect(parseIndexerSettings(given('public_index')).database).toMatchObject({ schema: 'public_index' });
  },
);
