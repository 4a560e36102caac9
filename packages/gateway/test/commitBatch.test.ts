import type { Hex } from '@kedge/core';
import { expect, test } from 'vitest';
import { operatorKeyOf } from '../src/crypto/operatorKey.js';
import { createChannelAccount } from '../src/ledger/channelAccount.js';
import { commitBatch } from '../src/ledger/postgres/commitBatch.js';
import type { Database } from '../src/ledger/postgres/database.js';
import { createReceiptBatcher, type SignedBatch } from '../src/ledger/receiptBatcher.js';
import { domain, operatorKey } from './support/createTestSetup.js';

// What the gateway tells of a batch when the database breaks off, and what it says after that. The database is scripted.
const batch = {
  batch: { operator: `0x${'a'.repeat(40)}`, epoch: 1n, batch: 1n, root: `0x${'b'.repeat(64)}` },
  signature: `0x${'c'.repeat(130)}`,
  receipts: [],
  signed: [],
  answers: [],
  keyUses: [],
} as unknown as SignedBatch;

const quiet = (): void => undefined;
const context = { windowsOf: () => [], isClosed: () => false, log: { info: quiet, warn: quiet, error: quiet } };
const refuse = (): never => {
  throw new Error('Nobody asks for this.');
};
const state = (code: string): Error => Object.assign(new Error(`SQLSTATE ${code}`), { code });
const cut = new Error('Connection terminated unexpectedly');

/** Commits at a database that fails these times, one after another, and then takes what it is given. */
async function commit(...failures: readonly Error[]) {
  const left = [...failures];
  let asked = 0;
  const query = async (): Promise<[]> => {
    asked++;
    const failure = left.shift();
    if (failure !== undefined) throw failure;
    return [];
  };
  const database = { query, onConnection: refuse, close: refuse };
  const outcome = await commitBatch(batch, { database, ...context }).then(
    () => 'written',
    (error: { code?: string }) => error.code,
  );
  return { outcome, asked };
}

test('a server that is only a standby now is asked again, as one that cannot be reached', async () => {
  expect(await commit(cut, state('25006'), state('25006'))).toEqual({ outcome: 'written', asked: 4 });
});

test('a connection that the server ends for being idle, just when it is used, is no refusal', async () => {
  expect(await commit(state('57P05'))).toEqual({ outcome: 'written', asked: 2 });
});

test('what the database refuses is not recorded; after a try whose end nobody saw, it may be', async () => {
  expect(await commit(state('53100'))).toEqual({ outcome: 'record_refused', asked: 1 });
  expect(await commit(cut, state('53100'))).toEqual({ outcome: 'record_unknown', asked: 2 });
});

test('R14: a batch that may be written keeps its number: what the next one is, is recorded', async () => {
  const written = new Map<unknown, unknown>();
  const failures = [cut, state('42501')];
  const database: Database = {
    // As the database does it: what is there stays, and is there whatever the caller heard.
    query: async (_, __, [, number, root]) => {
      const known = written.get(number);
      if (known === undefined) written.set(number, root);
      const failure = failures.shift();
      if (failure !== undefined) throw failure;
      if (known !== undefined && String(known) !== String(root)) throw state('P0001');
      return [];
    },
    onConnection: refuse,
    close: refuse,
  };
  const batcher = createReceiptBatcher({
    epoch: 1n,
    operator: operatorKeyOf(operatorKey),
    domain,
    running: () => 0,
    mostAnswerBytes: 1_000,
    write: async (batch) => void (await commitBatch(batch, { database, ...context })),
  });
  const bytes32: Hex = `0x${'ab'.repeat(32)}`;
  const call = {
    channelId: bytes32,
    tokenId: 1n,
    classId: 1n,
    policyHash: bytes32,
    requestHash: bytes32,
    responseHash: bytes32,
    metrics: [],
    units: 1n,
    salt: bytes32,
    issuedAt: 1n,
    hasWindows: false,
  };
  const commit = () => batcher.commit(createChannelAccount(bytes32, 1n), call);
  await expect(commit()).rejects.toMatchObject({ code: 'record_unknown' });
  call.units = 2n;
  expect((await commit()).batch.batch).toBe(2n);
});
