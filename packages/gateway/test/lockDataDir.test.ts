import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { BaseError } from '@kedge/core';
import { beforeAll, beforeEach, expect, onTestFinished, test } from 'vitest';
import { lockDataDir } from '../src/ledger/lockDataDir.js';
import { openRecordLog } from '../src/ledger/recordLog.js';
import { buildGateway } from './support/gatewayProcess.js';

const inUse = { code: 'data_dir_in_use' };
const program = fileURLToPath(new URL('support/holdDataDir.mjs', import.meta.url));
/** As root, or where users may have namespaces of their own. */
const ownNetwork =
  [
    ['unshare', '-n'],
    ['unshare', '-rn'],
  ].find(([command, ...flags]) => spawnSync(command!, [...flags, 'true']).status === 0) ?? [];

let folder: string;
beforeAll(buildGateway);
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kedge-lock-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
});

/** Another process that asks for the folder, and keeps it when it gets it. */
async function holder(before: readonly string[] = [], dataDir = folder) {
  const [command, ...args] = [...before, process.execPath, program, dataDir];
  const child = spawn(command!, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  const [said] = (await once(createInterface(child.stdout), 'line')) as [string];
  const signal = async (name: NodeJS.Signals): Promise<void> => {
    // `unshare` becomes the program: it is the same process.
    child.kill(name);
    if (name === 'SIGKILL') await ended;
  };
  onTestFinished(() => signal('SIGKILL'));
  return { said, signal, pid: child.pid! };
}

test('R15: a folder is held by one at a time, and free when it is released', async () => {
  const lock = await lockDataDir(folder);
  await expect(lockDataDir(folder)).rejects.toMatchObject(inUse);
  expect((await holder()).said).toBe('data_dir_in_use');
  expect(lock.isHeld()).toBe(true);
  await lock.release();
  const again = await lockDataDir(folder);
  await again.release();
  expect(readdirSync(join(folder, 'lock'))).toEqual([]);
});

test('R15: kill -9 frees it at once, and one that stands still keeps it', async () => {
  const { said, signal } = await holder();
  expect(said).toBe('held');
  await signal('SIGSTOP');
  await expect(lockDataDir(folder)).rejects.toMatchObject(inUse);
  await signal('SIGKILL');
  const lock = await lockDataDir(folder, { silenceMs: 3_600_000 });
  await lock.release();
});

test('R15: the refusal names the process that holds the folder, since when, and what to do', async () => {
  const began = Math.floor(Date.now() / 1_000) * 1_000;
  const { signal, pid } = await holder();
  // One that stands still could not be asked.
  await signal('SIGSTOP');
  const refused = await lockDataDir(folder).catch((error: BaseError) => error);
  expect(refused).toMatchObject({ ...inUse, values: { dataDir: folder, pid } });
  const { message, values, hints } = refused as BaseError;
  expect(message).toContain(
    `Another gateway runs on this data folder: process ${pid}, since ${String(values['since'])}.`,
  );
  expect(Date.parse(String(values['since']))).toBeGreaterThanOrEqual(began);
  expect(Date.parse(String(values['since']))).toBeLessThanOrEqual(Date.now());
  expect(hints[0]).toContain(`kill ${pid}`);
});

test.each([
  ['0123456789ab-7-1800000000-box-1.lan', ': process 7 on the host box-1.lan, since 2027-01-15T08:00:00.000Z.'],
  // As earlier versions announced themselves.
  ['0123456789ab', '.'],
])('R15: a holder that is not of this host is told to be stopped where it runs: %s', async (name, who) => {
  mkdirSync(join(folder, 'lock'), { recursive: true });
  const server = createServer().listen(join(folder, 'lock', `kernel-${name}`));
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const refused = await lockDataDir(folder, { kernel: 'kernel' }).catch((error: BaseError) => error);
  expect((refused as BaseError).message).toContain(`Another gateway runs on this data folder${who}`);
  expect((refused as BaseError).hints[0]).toContain('in whatever container or on whatever machine');
});

test('R15: it holds for a container with a network of its own, where this machine can make one', async () => {
  const other = await holder(ownNetwork);
  expect(other.said).toBe('held');
  await expect(lockDataDir(folder)).rejects.toMatchObject(inUse);
  await other.signal('SIGKILL');
  const lock = await lockDataDir(folder);
  expect((await holder(ownNetwork)).said).toBe('data_dir_in_use');
  await lock.release();
});

test('R15: of many that ask at once one gets it at most, and one that asks again gets it', async () => {
  for (let round = 0; round < 5; round++) {
    const asked = await Promise.allSettled(Array.from({ length: 6 }, () => lockDataDir(folder)));
    const got = asked.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    expect(got.length).toBeLessThanOrEqual(1);
    for (const lock of got) await lock.release();
  }
  await (await lockDataDir(folder)).release();
});

test('R15: another machine’s is refused while it gives signs of life, and taken over when it gave none', async () => {
  const elsewhere = { kernel: 'elsewhere', beatMs: 5 };
  const living = await lockDataDir(folder, elsewhere);
  await expect(lockDataDir(folder, { silenceMs: 3_600_000 })).rejects.toMatchObject(inUse);
  await living.release();
  // Its process cannot be asked from here, and gives no sign.
  const silent = await lockDataDir(folder, { ...elsewhere, beatMs: 3_600_000 });
  const lock = await lockDataDir(folder, { silenceMs: 20 });
  expect(lock.isHeld()).toBe(true);
  await lock.release();
  await silent.release();
});

test('R15: who was taken over for silence learns it by its next sign, and writes no more', async () => {
  let failures = 0;
  const slow = await lockDataDir(folder, { kernel: 'elsewhere', beatMs: 5 });
  const path = join(folder, 'ledger.log');
  const quiet = { info: () => undefined, warn: () => undefined, error: () => void failures++ };
  const log = await openRecordLog(path, () => undefined, quiet, slow);
  await log.append(1, [Buffer.from('before')]);
  const before = readFileSync(path);
  // As whoever finds it silent does.
  for (const name of readdirSync(join(folder, 'lock'))) rmSync(join(folder, 'lock', name));
  const lock = await lockDataDir(folder);
  await expect.poll(() => slow.isHeld()).toBe(false);
  await expect(log.append(1, [Buffer.from('after')])).rejects.toMatchObject({ code: 'log_unavailable' });
  await log.close();
  expect(readFileSync(path).equals(before)).toBe(true);
  expect(failures).toBe(1);
  await slow.release();
  await expect(lockDataDir(folder)).rejects.toMatchObject(inUse);
  await lock.release();
});

test('R15: who stood still, and was taken over, writes nothing before its next sign either', async () => {
  const beatMs = 50;
  const still = await lockDataDir(folder, { kernel: 'elsewhere', beatMs });
  const path = join(folder, 'ledger.log');
  const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };
  const log = await openRecordLog(path, () => undefined, quiet, still);
  await log.append(1, [Buffer.from('before')]);
  const before = readFileSync(path);
  for (const name of readdirSync(join(folder, 'lock'))) rmSync(join(folder, 'lock', name));
  const until = performance.now() + 3 * beatMs;
  while (performance.now() < until);
  await expect(log.append(1, [Buffer.from('after')])).rejects.toMatchObject({ code: 'log_unavailable' });
  await log.close();
  expect(readFileSync(path).equals(before)).toBe(true);
  await still.release();
});

test('R15: where the file system has no sockets, signs of life are all there is', async () => {
  mkdirSync(join(folder, 'lock'), { recursive: true });
  writeFileSync(join(folder, 'lock', 'somebody-0123456789ab.beat'), '');
  await (await lockDataDir(folder, { silenceMs: 20 })).release();
  expect(readdirSync(join(folder, 'lock'))).toEqual([]);
});

test('a folder with a path longer than a socket’s is held all the same', async () => {
  const long = join(folder, 'a'.repeat(120), 'b'.repeat(120));
  const lock = await lockDataDir(long);
  expect((await holder([], long)).said).toBe('data_dir_in_use');
  await lock.release();
});

test('a folder that cannot be made is said at once, where Node’s own way would try for ever', async () => {
  await expect(lockDataDir('/proc/kedge/gateway')).rejects.toThrow(/ENOENT.*\/proc\/kedge/);
});
