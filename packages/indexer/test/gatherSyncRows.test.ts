import { PGlite } from '@electric-sql/pglite';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { gatherSyncRows, type SyncQueries } from '../src/gatherSyncRows.js';

let database: PGlite;
beforeAll(async () => {
  database = await PGlite.create();
  await database.exec(`
    CREATE SCHEMA sync;
    CREATE TABLE sync.logs (chain_id BIGINT, log_index INTEGER, topic0 TEXT, base_fee_per_gas NUMERIC(78), PRIMARY KEY (chain_id, log_index));
    CREATE TABLE sync.intervals (first INTEGER);
  `);
});
afterAll(() => database.close());

const logs = { [Symbol.for('drizzle:Schema')]: 'sync', [Symbol.for('drizzle:Name')]: 'logs' };
const rowOf = (logIndex: number) => ({ chainId: 31_337n, logIndex, topic0: null, baseFeePerGas: 2n ** 255n });
type Db = {
  insert(table: object): { values(rows: object[]): { onConflictDoNothing(target: object): Promise<void> } };
};
const insert = (rows: object[]) => (db: Db) => db.insert(logs).values(rows).onConflictDoNothing({ target: [] });
const label = { label: 'insert_logs' };

/** Query builders as Ponder's, on the database; `steps` says in which order what happened. */
function queriesOf(steps: string[]): SyncQueries {
  return {
    wrap: async (...given) => steps.push(`outside: ${(given[0] as typeof label).label}`),
    transaction: async (...given) => {
      steps.push('begin');
      const callback = given[0] as (tx: object) => Promise<unknown>;
      await database.transaction((tx) =>
        callback({ $client: tx, wrap: async (...call: unknown[]) => steps.push((call[0] as typeof label).label) }),
      );
      steps.push('end');
    },
  };
}

test('rows of many blocks are written together, after what is fetched in between; a row that is there stays', async () => {
  const steps: string[] = [];
  type Tx = { wrap(...given: unknown[]): Promise<unknown> };
  const work = async (tx: Tx): Promise<string> => {
    await tx.wrap(label, insert(Array.from({ length: 6_000 }, (_, place) => rowOf(place))));
    await tx.wrap({ label: 'insert_intervals' }, () => undefined);
    await tx.wrap({ label: 'select_logs' }, () => undefined);
    await tx.wrap(label, insert([rowOf(5_999), { ...rowOf(7_000), topic0: '0x12' }]));
    return 'result';
  };
  const gathering = gatherSyncRows(queriesOf(steps));
  expect(await gathering.transaction(work)).toBe('result');
  expect(steps).toEqual(['outside: select_logs', 'begin', 'insert_intervals', 'end']);
  const { rows } = await database.query(
    'SELECT count(*)::int AS count, max(topic0) AS topic, max(base_fee_per_gas)::text AS fee, min(chain_id)::int AS chain FROM sync.logs',
  );
  expect(rows).toEqual([{ count: 6_001, topic: '0x12', fee: String(2n ** 255n), chain: 31_337 }]);
});

test('work that fails writes nothing, and work that brings nothing opens no transaction', async () => {
  const steps: string[] = [];
  const gathering = gatherSyncRows(queriesOf(steps));
  const failing = async (tx: { wrap(...given: unknown[]): Promise<unknown> }): Promise<void> => {
    await tx.wrap(label, insert([rowOf(9_000)]));
    throw new Error('the node went away');
  };
  await expect(gathering.transaction(failing)).rejects.toThrow('the node went away');
  expect(await gathering.transaction({ label: 'nothing' }, async () => 7)).toBe(7);
  expect(steps).toEqual([]);
});
