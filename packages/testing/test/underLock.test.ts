import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { underLock } from '../../../scripts/underLock.mjs';

let folder: string;
let lock: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kedge-lock-'));
  lock = join(folder, '.install.lock');
});
afterEach(() => rmSync(folder, { recursive: true }));

const never = (owner: string): never => {
  throw new Error(`waits for ${owner}`);
};
/** No process has it: ids end far below. */
const nobody = 2 ** 30;

test.each([
  ['a process that is gone', `${nobody} 1`],
  ['a process that is gone, as it was written before', `${nobody}`],
  ['another process, whose id was used again', `${process.pid} 1`],
  ['nobody', ''],
  ['nobody, by a file that is damaged', 'so'],
])('a lock of %s is taken over', async (_, text) => {
  writeFileSync(lock, text);
  utimesSync(lock, 0, 0);
  let during = '';
  expect(await underLock(lock, async () => (during = readFileSync(lock, 'utf8')), never)).toBe(during);
  expect(during).toMatch(new RegExp(`^${process.pid} .`));
  expect(readdirSync(folder)).toEqual([]);
});

test('a lock of a process that runs is waited for, and one that has just been made and says nothing yet', async () => {
  for (const text of [String(process.ppid), '']) {
    writeFileSync(lock, text);
    // However long this test takes, it is young.
    utimesSync(lock, Date.now(), Date.now());
    const waited: string[] = [];
    const onWait = (owner: string): void => {
      waited.push(owner);
      rmSync(lock);
    };
    expect(await underLock(lock, async () => existsSync(lock), onWait)).toBe(true);
    expect(waited).toEqual([text === '' ? '?' : text]);
  }
});

test('a lock is given back where the work fails', async () => {
  const failing = underLock(lock, async () => Promise.reject(new Error('no space')), never);
  await expect(failing).rejects.toThrow('no space');
  expect(existsSync(lock)).toBe(false);
});
