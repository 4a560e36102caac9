import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import * as z from 'zod';

/** A process, told apart from a later one that got the same number by when it began. */
export type ProcessIdentity = { readonly pid: number; readonly startedAt: string };
export const identitySchema = z.object({ pid: z.number().int().positive(), startedAt: z.string() });

const hasProc = existsSync('/proc/self/stat');

/**
 * The process that runs under `pid` now, or undefined when none does. A zombie no longer runs, once its last thread has ended: till
 * then that thread keeps the ports and locks of the process.
 */
export function identityOf(pid: number): ProcessIdentity | undefined {
  const startedAt = hasProc ? startFromProc(pid) : startFromPs(pid);
  return startedAt === undefined ? undefined : { pid, startedAt };
}

/** This process. */
export function ownIdentity(): ProcessIdentity {
  const own = identityOf(process.pid);
  if (own === undefined) throw new Error(`process ${process.pid} does not find itself in the process table`);
  return own;
}

/** Whether exactly that process still runs. */
export function isRunning(identity: ProcessIdentity): boolean {
  return identityOf(identity.pid)?.startedAt === identity.startedAt;
}

/** The parent of a process, or undefined when the process or the table of processes is not there. */
export function parentOf(pid: number): number | undefined {
  if (!hasProc) return pid === process.pid ? process.ppid : undefined;
  const parent = Number(statFields(pid)?.[1] ?? 0);
  return parent > 0 ? parent : undefined;
}

/** How the process was started, for messages; empty when it may not be read. */
export function commandLineOf(pid: number): string {
  if (!hasProc) return spawnSync('ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8' }).stdout.trim();
  return readProc(`/proc/${pid}/cmdline`)?.replaceAll('\0', ' ').trim() ?? '';
}

function startFromProc(pid: number): string | undefined {
  const fields = statFields(pid);
  if (fields === undefined || fields[0] === 'X' || (fields[0] === 'Z' && threadsOf(pid) <= 1)) return undefined;
  // Field 22 of proc(5) is counted in clock ticks since the boot, so the boot belongs to it.
  return `${readProc('/proc/sys/kernel/random/boot_id')?.trim() ?? ''}/${fields[19]}`;
}

function threadsOf(pid: number): number {
  return orGone(() => readdirSync(`/proc/${pid}/task`).length) ?? 0;
}

/** The fields of /proc/<pid>/stat from the third on: the second, the name, may hold spaces and parentheses. */
function statFields(pid: number): string[] | undefined {
  const stat = readProc(`/proc/${pid}/stat`);
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
}

function startFromPs(pid: number): string | undefined {
  const { stdout } = spawnSync('ps', ['-o', 'stat=,lstart=', '-p', String(pid)], { encoding: 'utf8' });
  const [state = '', ...start] = stdout.trim().split(/\s+/);
  return state === '' || state.startsWith('Z') ? undefined : start.join(' ');
}

function readProc(path: string): string | undefined {
  return orGone(() => readFileSync(path, 'utf8'));
}

/** Undefined where the process has ended meanwhile, or is another user's: that is an answer, not a fault. */
export function orGone<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ESRCH' || code === 'EACCES' || code === 'EPERM') return undefined;
    throw error;
  }
}
