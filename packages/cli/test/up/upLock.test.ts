import { once } from 'node:events';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { identityOf, ownIdentity } from '../../src/files/processIdentity.js';
import { takeUpLock } from '../../src/up/upLock.js';
import { sleeper, temporaryDataFolder } from './support.js';

const lockOf = (pid: number, extra: object = {}) =>
  JSON.stringify({ ...identityOf(pid), startedBy: [], stopping: false, ...extra });

test('one up per data folder: a second is refused and told the process and the folder', async () => {
  const { lock, root } = temporaryDataFolder();
  const child = sleeper();
  writeFileSync(lock, lockOf(child.pid!));
  await expect(takeUpLock(lock, root)).rejects.toMatchObject({ code: 'already_running' });
  await expect(takeUpLock(lock, root)).rejects.toThrow(new RegExp(`${root}.*${child.pid}`));
});

test('a lock whose process is gone is taken over', async () => {
  const { lock, root } = temporaryDataFolder();
  const child = sleeper();
  writeFileSync(lock, lockOf(child.pid!));
  child.kill('SIGKILL');
  await once(child, 'exit');
  const taken = await takeUpLock(lock, root);
  expect(JSON.parse(readFileSync(lock, 'utf8'))).toMatchObject(ownIdentity());
  taken.release();
  expect(existsSync(lock)).toBe(false);
});

test('a lock of an earlier process with the same number is stale', async () => {
  const { lock, root } = temporaryDataFolder();
  writeFileSync(lock, lockOf(process.pid, { startedAt: 'an earlier boot/1' }));
  (await takeUpLock(lock, root)).release();
});

test('a damaged lock is stale', async () => {
  const { lock, root } = temporaryDataFolder();
  writeFileSync(lock, '{"pid":');
  (await takeUpLock(lock, root)).release();
});

test.each([
  ['that is stopping', () => ({ stopping: true })],
  ['whose starter was killed, which is about to stop,', (pid: number) => ({ startedBy: [{ pid, startedAt: 'gone' }] })],
])('a holder %s is waited for', async (_, extra) => {
  const { lock, root } = temporaryDataFolder();
  const child = sleeper();
  writeFileSync(lock, lockOf(child.pid!, extra(child.pid!)));
  const waitedFor: number[] = [];
  const taken = await takeUpLock(lock, root, {
    onWait: (pid) => {
      waitedFor.push(pid);
      child.kill('SIGKILL');
    },
  });
  expect(waitedFor).toEqual([child.pid]);
  taken.release();
});

test('a lock whose folder was moved or deleted keeps nobody from stopping', async () => {
  const { lock, root } = temporaryDataFolder();
  const taken = await takeUpLock(lock, root);
  rmSync(root, { recursive: true });
  taken.markStopping();
  taken.release();
  expect(existsSync(root)).toBe(false);
});
