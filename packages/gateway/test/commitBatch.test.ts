import { expect, test } from 'vitest';
import { commitBatch } from '../src/ledger/postgres/commitBatch.js';
import type { SignedBatch } from '../src/ledger/receiptBatcher.js';

// What the gateway tells of a batch when the database breaks off, and what it says after that. The database is scripted.
const batch = {
  batch: { operator: `0x${'a'.repeat(40)}`, epoch: 1n, batch: 1n, root: `0x${'b'.repeat(64)}` },
  signature: `0x${'c'.repeat(130)}`,
  receipts: [],
  signed: [],
  answers: [],
  keyUses: [],
} as unknown as SignedBatch;

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
  const refuse = (): never => {
    throw new Error('Nobody asks for this.');
  };
  const quiet = (): void => undefined;
  const outcome = await commitBatch(batch, {
    database: { query, onConnection: refuse, close: refuse },
    windowsOf: () => [],
    isClosed: () => false,
    log: { info: quiet, warn: quiet, error: quiet },
  }).then(
    () => 'written',
    (error: { code?: string }) => error.code,
  );
  return { outcome, asked };
}

test('a server that is only a standby now is asked again, as one that cannot be reached', async () => {
  expect(await commit(cut, state('25006'), state('25006'))).toEqual({ outcome: 'written', asked: 4 });
});

test('what the database refuses is not recorded; after a try whose end nobody saw, it may be', async () => {
  expect(await commit(state('53100'))).toEqual({ outcome: 'log_unavailable', asked: 1 });
  expect(await commit(cut, state('53100'))).toEqual({ outcome: 'record_unknown', asked: 2 });
});
