import { createHash } from 'node:crypto';
import type { Hex } from '@kedge/core';
import { startPostgres, type TestPostgres } from '@kedge/testing';
import { Client } from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Database } from '../src/ledger/postgres/database.js';
import { schemaSql } from '../src/ledger/postgres/schema.js';
import { createSharedJournal } from '../src/ledger/postgres/sharedJournal.js';
import { createSharedTables, type SharedTables } from '../src/ledger/postgres/sharedTables.js';

// What gateways ask of a database that has served for long, with the plans that it makes for that.
const rows = 30_000;
// Of 8 kB. One that reads a whole table reads hundreds.
const fewBlocks = 60;

let postgres: TestPostgres;
let sql: Client;
const plans = new Map<string, string>();

beforeAll(async () => {
  postgres = await startPostgres();
  sql = new Client({ connectionString: postgres.url });
  await sql.connect();
  await sql.query(`begin; ${schemaSql} commit`);
  // Many vouchers of each channel, and channels of each key; all batches have receipts of channel 1.
  await sql.query(`
    insert into kedge_gateway.channel (channel_id, units, seq)
      select sha256(int4send(i)), 10, 1 from generate_series(1, ${rows / 10}) as i;
    insert into kedge_gateway.batch (epoch, batch, root, record, anchored)
      select 1, i, sha256(int4send(i)), sha256(int4send(i)), true from generate_series(1, ${rows}) as i;
    insert into kedge_gateway.receipts (channel_id, first_seq, last_seq, epoch, batch)
      select sha256(int4send(1)), 10 * i, 10 * i + 4, 1, i from generate_series(1, ${rows}) as i;
    insert into kedge_gateway.transaction (hash, nonce, record, anchors, state)
      select sha256(int4send(i)), i, decode(repeat('ab', 300), 'hex'), '[]', 'confirmed' from generate_series(1, ${rows}) as i;
    update kedge_gateway.transaction set state = 'sent' where nonce in (5, ${rows});
    insert into kedge_gateway.voucher (channel_id, units, record)
      select sha256(int4send(i)), 5 + j, int4send(5 + j) from generate_series(1, ${rows / 10}) as i, generate_series(1, 10) as j;
    insert into kedge_gateway.key_use (channel_id, key_sha256, units)
      select sha256(int4send(1 + i % ${rows / 10})), sha256(int4send(i)), i from generate_series(1, ${rows}) as i`);
  await sql.query('vacuum analyze');
});
afterAll(async () => {
  await sql.end();
  await postgres.close();
});

/** Asks, and keeps what plan the database made for it. */
const query: Database['query'] = async (name, text, values) => {
  const plan = await sql.query<{ 'QUERY PLAN': string }>(`explain (analyze, buffers) ${text}`, [...values]);
  plans.set(name, plan.rows.map((row) => row['QUERY PLAN']).join('\n'));
  return (await sql.query(text, [...values])).rows;
};
const refuse = (): never => {
  throw new Error('Nobody asks for this.');
};
const tables: SharedTables = createSharedTables({ query });
const hash = (number: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(number);
  return createHash('sha256').update(bytes).digest();
};
const channelOf = (number: number): Hex => `0x${hash(number).toString('hex')}`;
const channelId = channelOf(1);

function blocksRead(name: string): number {
  const [, hit = 0, read = 0] = /Buffers: shared(?: hit=(\d+))?(?: read=(\d+))?/.exec(plans.get(name) ?? '') ?? [];
  return Number(hit) + Number(read);
}

test('a receipt is found by its number, and so is that there is none, among any number of its channel', async () => {
  for (const seq of [10n, 14n, 5_004n, BigInt(10 * rows)]) {
    expect(await tables.batchOfReceipt(channelId, seq)).toEqual(hash(Number(seq / 10n)));
    expect(blocksRead('kedge_receipt')).toBeLessThan(fewBlocks);
  }
  for (const seq of [1n, 15n, 5_009n, BigInt(10 * rows + 5), 2n ** 63n]) {
    expect(await tables.batchOfReceipt(channelId, seq)).toBeUndefined();
    expect(blocksRead('kedge_receipt')).toBeLessThan(fewBlocks);
  }
});

test('the bytes of a transaction are read once', async () => {
  let bytes = 0;
  const counting: Database['query'] = async (...asked) => {
    const found = await query(...asked);
    bytes += found.reduce((sum, { record }) => sum + ((record as Buffer | undefined)?.length ?? 0), 0);
    return found;
  };
  const journal = createSharedJournal({ query: counting, onConnection: refuse, close: refuse });
  await journal.refresh();
  const raws = journal.entries().map(({ raw }) => raw);
  expect(raws).toEqual(raws.map(() => `0x${'ab'.repeat(300)}`));
  expect(bytes).toBe(257 * 300);
  await sql.query(
    `insert into kedge_gateway.transaction (hash, nonce, record, anchors) values ('\\x01', ${rows + 1}, '\\x02', '[]')`,
  );
  await journal.refresh();
  expect(bytes).toBe(257 * 300 + 1);
  expect(journal.entries().map(({ raw }) => raw)).toEqual([raws[0], ...raws.slice(2), '0x02']);
  await sql.query(`delete from kedge_gateway.transaction where nonce = ${rows + 1}`);
});

test('transactions that are sent are found among any number of others, however old', async () => {
  const journal = createSharedJournal({ query, onConnection: refuse, close: refuse });
  await journal.refresh();
  expect(blocksRead('kedge_transactions')).toBeLessThan(fewBlocks);
  const entries = journal.entries();
  expect(entries.filter(({ state }) => state === 'sent').map(({ nonce }) => nonce)).toEqual([5, rows]);
  expect(entries.slice(1).map(({ nonce }) => nonce)).toEqual(Array.from({ length: 256 }, (_, at) => rows - 255 + at));
});

test('what keys have spent is found among any number of other keys', async () => {
  const own = Array.from({ length: 10 }, (_, at) => (rows / 10) * at).map((i) => (i === 0 ? rows : i));
  const found = await tables.keyUses(channelId, [hash(77).toString('hex')]);
  expect(blocksRead('kedge_key_uses')).toBeLessThan(2 * fewBlocks);
  expect(new Set(found.map(({ units }) => units))).toEqual(new Set([77n, ...own.map(BigInt)]));
  expect(found).toHaveLength(11);
});

test('of each channel that is served the highest voucher that its receipts cover is found, and no other is read', async () => {
  const served = [1, 500, rows / 10].map(channelOf);
  const found = await tables.capturableVouchers([...served, channelOf(rows)]);
  expect(found).toHaveLength(served.length);
  for (const { record, units } of found) expect([record.readInt32BE(), units]).toEqual([10, 10n]);
  expect(blocksRead('kedge_capturable')).toBeLessThan(fewBlocks);
  const all = Array.from({ length: rows / 10 }, (_, at) => channelOf(at + 1));
  expect(await tables.capturableVouchers(all)).toHaveLength(rows / 10);
  expect(plans.get('kedge_capturable')).toContain('Index Scan Backward using voucher_pkey');
});

test('the newest receipts of channels that are served are found among any number of channels', async () => {
  const served = [1, 500, rows / 10].map(channelOf);
  const heads = await tables.heads([...served, channelOf(rows)]);
  expect([...heads.keys()].toSorted()).toEqual(served.toSorted());
  for (const { units, seq } of heads.values()) expect([units, seq]).toEqual([10n, 1n]);
  expect(blocksRead('kedge_heads')).toBeLessThan(fewBlocks);
  expect(await tables.heads([])).toEqual(new Map());
});

test('a transaction that is settled is so for every gateway, and its batches stay anchored until the chain loses it', async () => {
  const plain = {
    query: async (_: string, text: string, values: readonly unknown[]) => (await sql.query(text, [...values])).rows,
  };
  const database = { ...plain, onConnection: refuse, close: refuse };
  const journal = createSharedJournal(database);
  const sent = { hash: channelOf(-1), raw: '0x03', nonce: rows + 7 } as const;
  const entry = await journal.add(sent, [{ epoch: 1n, firstBatch: 8n, lastBatch: 9n }]);
  const anchored = async () => {
    const found = await sql.query('select anchored from kedge_gateway.batch where batch in (8, 9)');
    return found.rows.map((row) => row['anchored'] as boolean);
  };
  for (const [state, isAnchored] of [
    ['confirmed', true],
    ['settled', true],
    ['dropped', false],
  ] as const) {
    await journal.end(entry, state, 'test');
    expect(await anchored()).toEqual([isAnchored, isAnchored]);
    const other = createSharedJournal(database);
    await other.refresh();
    expect(other.entries().find(({ hash: known }) => known === sent.hash)?.state).toBe(
      state === 'dropped' ? undefined : state,
    );
  }
});
