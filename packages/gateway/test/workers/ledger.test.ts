import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hashReceipt, type Hex, zeroHash } from '@kedge/core';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { keccak256 } from '../../src/crypto/hashers.js';
import { operatorKeyOf } from '../../src/crypto/operatorKey.js';
import { createKeyAccounts } from '../../src/keys/keyAccounts.js';
import type { ServingLedger } from '../../src/ledger/ledger.js';
import { type LogLedger, openLedger } from '../../src/ledger/openLedger.js';
import type { CommitInput } from '../../src/ledger/receiptBatcher.js';
import { useWithin } from '../../src/ledger/useWindows.js';
import { createLink, type Port } from '../../src/workers/createLink.js';
import { openWorkerLedger } from '../../src/workers/openWorkerLedger.js';
import { ownerOf } from '../../src/workers/ownerOf.js';
import type { KeeperProcedures } from '../../src/workers/procedures.js';
import { domain, operatorKey } from '../support/createTestSetup.js';

// The log and ledgers of workers in one process; what passes between them is copied as between two.
const operator = operatorKeyOf(operatorKey);
const noon = Date.UTC(2026, 10, 21, 12, 0, 30);
const channelId: Hex = `0x${'ab'.repeat(32)}`;
const ignore = (): void => undefined;
let folder: string;
let log: LogLedger;
let isHeld = true;

const open = (): Promise<LogLedger> =>
  openLedger({
    path: join(folder, 'ledger.log'),
    domain,
    operator,
    log: { info: ignore, warn: ignore, error: ignore },
    now: () => noon,
    isHeld: () => isHeld,
    onAnswer: ignore,
    onVoucher: ignore,
    onKeyUse: ignore,
    running: () => 0,
    onCommitted: ignore,
  });

beforeEach(async () => {
  isHeld = true;
  folder = mkdtempSync(join(tmpdir(), 'kedge-gateway-test-'));
  log = await open();
});
afterEach(async () => {
  await log.close();
  rmSync(folder, { recursive: true, force: true });
});

function ports(): [Port, Port] {
  const takers: ((message: object, socket: undefined) => void)[] = [];
  const port = (own: number): Port => ({
    send: (message) => queueMicrotask(() => takers[1 - own]?.(structuredClone(message), undefined)),
    onMessage: (take) => (takers[own] = take as never),
    onClosed: ignore,
  });
  return [port(0), port(1)];
}

async function startWorker(): Promise<ServingLedger> {
  const [own, theirs] = ports();
  const procedures: Pick<KeeperProcedures, 'keepBatch' | 'standingOf'> = {
    keepBatch: log.keepBatch,
    standingOf: (id) => ({ head: log.durableOf(id), windows: log.accountOf(id).windows, vouchers: [] }),
  };
  createLink(theirs, procedures);
  const epoch = await log.raiseEpoch();
  const worker = await openWorkerLedger({
    start: {
      config: {} as never,
      index: 0,
      workers: 1,
      epoch,
      keyUses: new Map(),
      interrupted: [],
      rateQuotes: [],
    },
    link: createLink<KeeperProcedures>(own, {}),
    surroundings: { placeOf: () => undefined, logFailure: () => undefined },
    domain,
    operator,
    rootOf: (id) => id,
    keyAccountOf: createKeyAccounts().accountOf,
    onVoucher: ignore,
    running: () => 1,
    onCommitted: ignore,
  });
  await worker.load(channelId);
  return worker;
}

let salts = 0;
const call = (units: bigint): CommitInput => ({
  channelId,
  tokenId: 1n,
  classId: 7n,
  policyHash: zeroHash,
  requestHash: zeroHash,
  responseHash: zeroHash,
  metrics: [{ metric: 'requests', amount: 1n }],
  units,
  salt: `0x${(++salts).toString(16).padStart(64, '0')}`,
  issuedAt: BigInt(noon / 1000),
  hasWindows: true,
});

test('R15: a worker that takes a place goes on where the one before ended, with what was used within its windows', async () => {
  const first = await startWorker();
  await Promise.all([first.commit(call(5n)), first.commit(call(7n))]);
  const last = await first.commit(call(1n));
  const second = await startWorker();
  expect(second.epoch).toBeGreaterThan(first.epoch);
  const account = second.accountOf(channelId);
  expect(account.committedUnits).toBe(13n);
  expect(useWithin(account.windows, 3_600, noon / 1000)).toMatchObject({ units: 13n, requests: 3 });
  const next = await second.commit(call(2n));
  expect(next.receipt.previousReceiptHash).toBe(hashReceipt(last.receipt, keccak256));
  expect(next.receipt.cumulativeUnits).toBe(15n);
  // The log itself says the same when it is read again, and finds each receipt.
  await log.close();
  log = await open();
  expect(log.durableOf(channelId)).toMatchObject({ units: 15n, seq: next.receipt.seq });
  expect(await log.receiptOf(channelId, last.receipt.seq)).toEqual(last);
  expect(await log.receiptOf(channelId, next.receipt.seq)).toEqual(next);
});

test('R15: a batch that does not follow the last receipt of its channel is refused, and nothing of it is written', async () => {
  const first = await startWorker();
  await first.commit(call(5n));
  const second = await startWorker();
  await second.commit(call(7n));
  const before = log.durableOf(channelId);
  await expect(first.commit(call(1n))).rejects.toThrow('does not follow the last receipt');
  expect(log.durableOf(channelId)).toEqual(before);
  await second.commit(call(2n));
  await log.close();
  log = await open();
  expect(log.durableOf(channelId)?.units).toBe(14n);
});

test('every call of a log that cannot be written is told so, not only the first, which the others follow', async () => {
  const worker = await startWorker();
  await worker.commit(call(5n));
  isHeld = false;
  const unavailable = { code: 'log_unavailable', status: 503 };
  await expect(worker.commit(call(7n))).rejects.toMatchObject(unavailable);
  await expect(worker.commit(call(1n))).rejects.toMatchObject(unavailable);
});

test('every process finds the same owner of a channel, and all workers own some', () => {
  const ids = Array.from({ length: 256 }, (_, index): Hex => `0x${index.toString(16).padStart(64, '0')}`);
  for (const workers of [1, 2, 3, 8]) {
    const owners = new Set(ids.map((id) => ownerOf(id, workers)));
    expect([...owners].toSorted()).toEqual(Array.from({ length: workers }, (_, index) => index));
  }
});
