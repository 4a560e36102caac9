import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { startPostgres, type TestPostgres } from '@kedge/testing';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { aloneAt } from '../src/ledger/postgres/aloneAt.js';
import { type Database, openDatabase } from '../src/ledger/postgres/database.js';
import { buildGateway } from './support/gatewayProcess.js';

const silenceMs = 1_000;
const quiet = (): void => undefined;
const log = { info: quiet, warn: quiet, error: quiet };
let postgres: TestPostgres;
let database: Database;

beforeAll(async () => {
  buildGateway();
  postgres = await startPostgres();
  database = await openDatabase({ url: postgres.url, password: undefined, connections: 1, timeoutMs: 3_000, log });
});
afterAll(async () => {
  await database.close();
  await postgres.close();
});

test('R18: one gateway captures at a time; when that is stopped, another goes on', async () => {
  const path = fileURLToPath(new URL('support/aloneProcess.mjs', import.meta.url));
  const stdio = ['ignore', 'pipe', 'inherit'] as const;
  const child = spawn(process.execPath, [path, postgres.url, String(silenceMs)], { stdio: [...stdio] });
  onTestFinished(() => void child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  const capture = (): Promise<string> => aloneAt(database, 'capture', silenceMs, async () => 'captured');
  // For three times as long, though it does nothing.
  await expect(capture()).rejects.toMatchObject({ code: 'turn_missed' });
  expect(await aloneAt(database, 'payment', silenceMs, async () => 'paid')).toBe('paid');
  child.kill('SIGSTOP');
  expect(await capture()).toBe('captured');
  // Connections that wait to be used again may be idle for as long as before.
  const [row] = await database.onConnection((query) => query('show idle_session_timeout'));
  expect(row).toEqual({ idle_session_timeout: '0' });
});

test('signs of life are given one after another, and before the turn ends', async () => {
  let running = 0;
  let most = 0;
  let beats = 0;
  const slow: Database = {
    ...database,
    onConnection: (work) =>
      work(async (text) => {
        most = Math.max(most, ++running);
        if (text === 'select') beats++;
        await pause(text === 'select' ? 50 : 0);
        running--;
        return [];
      }),
  };
  await aloneAt(slow, 'capture', 40, () => expect.poll(() => beats).toBeGreaterThan(2));
  expect(most).toBe(1);
});
