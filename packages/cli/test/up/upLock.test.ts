import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { expect, onTestFinished, test } from 'vitest';
import { identityOf, ownIdentity } from '../../src/up/processIdentity.js';
import { takeUpLock } from '../../src/up/upLock.js';
import { temporaryDataFolder } from './support.js';

const sleeper = () => {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
  onTestFinished(() => void child.kill('SIGKILL'));
  return child;
};
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

test('a holder that is stopping is waited for', async () => {
  const { lock, root } = temporaryDataFolder();
  const child = sleeper();
  writeFileSync(lock, lockOf(child.pid!, { stopping: true }));
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

test('a holder whose starter was killed is about to stop, so it is waited for', async () => {
  const { lock, root } = temporaryDataFolder();
  const child = sleeper();
  writeFileSync(lock, lockOf(child.pid!, { startedBy: [{ pid: child.pid!, startedAt: 'gone' }] }));
  const taken = await takeUpLock(lock, root, { onWait: () => void child.kill('SIGKILL') });
  taken.release();
});
