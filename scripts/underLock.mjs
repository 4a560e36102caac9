import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';

/**
 * Runs `work` in one process at a time. The lock names its owner by process id and start, because ids are used again; one
 * that a dead process left, or that names nobody, is taken over.
 *
 * @param file the lock
 * @param onWait hears once whose end is waited for
 */
export async function underLock(file, work, onWait) {
  const mine = `${process.pid} ${startOf(process.pid)}`;
  let told = false;
  while (!made(file, mine)) {
    const found = read(file);
    if (found === undefined) continue;
    if (isStale(file, found)) {
      remove(file, found, `${file}.${process.pid}`);
      continue;
    }
    if (!told) onWait(found.split(' ', 1)[0] || '?');
    told = true;
    await setTimeout(300);
  }
  try {
    return await work();
  } finally {
    if (read(file) === mine) rmSync(file, { force: true });
  }
}

/** Makes the file; false where there is one. */
function made(file, text) {
  try {
    writeFileSync(file, text, { flag: 'wx' });
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  }
}

function read(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Takes a stale lock away: what another waiter has put in its place meanwhile is put back. */
function remove(file, stale, aside) {
  try {
    renameSync(file, aside);
  } catch (error) {
    if (error.code === 'ENOENT') return;
    throw error;
  }
  const taken = readFileSync(aside, 'utf8');
  if (taken !== stale) made(file, taken);
  rmSync(aside);
}

/** Between its making and its writing a lock is empty, for less than this. */
const emptyMilliseconds = 5_000;

function isStale(file, text) {
  const [, pid, start] = /^(\d+)(?: (.*))?$/.exec(text.trim()) ?? [];
  if (pid === undefined || Number(pid) === 0) {
    const made = statSync(file, { throwIfNoEntry: false })?.mtimeMs;
    return made !== undefined && Date.now() - made > emptyMilliseconds;
  }
  if (!isAlive(Number(pid))) return true;
  return start !== undefined && start !== startOf(Number(pid));
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/** When a process began, in whatever form the system tells it; empty where it tells nothing. */
function startOf(pid) {
  if (existsSync('/proc/self/stat')) {
    // The 22nd field; the second may hold spaces, in brackets.
    return (read(`/proc/${pid}/stat`) ?? '').split(') ').at(-1).split(' ')[19] ?? '';
  }
  try {
    return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8', stdio: 'pipe' }).trim();
  } catch {
    // Without ps, or without such a process, the id alone counts.
    return '';
  }
}
