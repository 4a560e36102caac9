import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { BaseError } from '@kedge/core';
import { makeFolder, type DataPaths, type ServiceName } from '../files/dataPaths.js';
import { writeDurably } from '../files/durableFile.js';
import { identityOf } from '../files/processIdentity.js';

/** How to run a service. */
export type ChildCommand = {
  readonly file: string;
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
};

/** How a process ended, for messages. */
type ChildEnd = { readonly text: string };

/** A running service. */
export type Child = {
  readonly name: ServiceName;
  readonly pid: number;
  /** The log file and where in it this run began. */
  readonly log: { readonly file: string; readonly from: number };
  readonly ended: Promise<ChildEnd>;
  hasEnded(): boolean;
  /** Sends SIGTERM, and SIGKILL when it has not ended within `patience` ms; at once when that is 0. */
  stop(patience: number): Promise<void>;
};

/** All that this process started and that has not ended: none of them outlives it, however it ends. */
const living = new Set<ChildProcess>();
process.once('exit', killLiving);

const largestLog = 10_000_000;
const tailBytes = 4_000;

/**
 * Starts a service with its output in its log file and its identity in its pid file. It gets a session of its own, so
 * that Ctrl-C in the terminal reaches `up` alone, which then stops things in order.
 */
export async function startChild(name: ServiceName, command: ChildCommand, paths: DataPaths): Promise<Child> {
  const log = paths.log(name);
  makeFolder(dirname(log));
  const from = makeRoom(log);
  const output = openSync(log, 'a', 0o600);
  const child = spawn(command.file, [...command.args], {
    stdio: ['ignore', output, output],
    env: command.environment,
    cwd: paths.root,
    detached: true,
  });
  living.add(child);
  closeSync(output);
  let over = false;
  const ended = new Promise<ChildEnd>((resolve) => {
    const finish = (text: string): void => {
      over = true;
      living.delete(child);
      try {
        rmSync(paths.pid(name), { force: true });
      } catch {
        // One that stays does no harm: it names a process that is gone.
      }
      resolve({ text });
    };
    child.once('error', (error) => finish(error.message));
    child.once('exit', (code, signal) => finish(signal === null ? `exit code ${code}` : `signal ${signal}`));
  });
  if (child.pid === undefined) throw startError(name, command, (await ended).text);
  try {
    const identity = identityOf(child.pid);
    if (identity !== undefined) writeDurably(paths.pid(name), JSON.stringify(identity));
  } catch (error) {
    // Nobody would know of it, and it would keep the port from the next one.
    child.kill('SIGKILL');
    await ended;
    throw error;
  }
  return {
    name,
    pid: child.pid,
    log: { file: log, from },
    ended,
    hasEnded: () => over,
    stop: async (patience) => {
      if (over) return;
      child.kill(patience === 0 ? 'SIGKILL' : 'SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), patience);
      await ended;
      clearTimeout(timer);
    },
  };
}

/**
 * Kills every service at once, those that are still starting or already stopping included. It runs when this process ends by
 * itself: by an error that nobody caught, too.
 */
export function killLiving(): void {
  for (const child of living) child.kill('SIGKILL');
}

/**
 * Resolves with the first answer of `probe` that is not undefined.
 *
 * @throws BaseError with the end of the log when the child ends or `patience` ms pass first
 */
export async function whenReady<T>(child: Child, patience: number, probe: () => Promise<T | undefined>): Promise<T> {
  const giveUp = performance.now() + patience;
  for (;;) {
    const answer = await probe();
    if (answer !== undefined) return answer;
    if (child.hasEnded()) throw notReady(child, `ended before it was ready (${(await child.ended).text})`);
    if (performance.now() > giveUp) throw notReady(child, `was not ready after ${patience / 1000} s`);
    await Promise.race([delay(20), child.ended]);
  }
}

/** The line `{"ready":true,"url":…}` that our programs print when they listen; undefined as long as it is not there. */
export async function readyUrl(child: Child): Promise<string | undefined> {
  for (const line of readLog(child.log.file, child.log.from).split('\n').slice(0, -1)) {
    const url = /^\{"ready":true,"url":"([^"]+)"/.exec(line)?.[1];
    if (url !== undefined) return url;
  }
  return undefined;
}

/** What a gateway says of a torn end of its log, when it met one at this start. */
export function cutLogTail(child: Child): string | undefined {
  const line = readLog(child.log.file, child.log.from)
    .split('\n')
    .find((text) => text.includes('"event":"log_tail_cut"'));
  if (line === undefined) return undefined;
  const { path, offset, bytesCut, keptIn } = JSON.parse(line) as Record<string, unknown>;
  return `${path} had a torn end: cut at byte ${offset}, its last whole record; the ${bytesCut} bytes are kept in ${keptIn}`;
}

/** The end of what a child wrote in this run. */
export function logTail(child: Child): string {
  const { file, from } = child.log;
  const size = sizeOf(file);
  // A log that was cut meanwhile begins anew.
  const text = readLog(file, Math.max(from > size ? 0 : from, size - tailBytes));
  return text.trimEnd().split('\n').slice(-15).join('\n');
}

function notReady(child: Child, what: string): BaseError {
  return new BaseError(`the ${child.name} ${what}`, {
    code: 'service_failed',
    hints: [`the end of ${child.log.file}:\n${logTail(child)}`],
  });
}

function startError(name: ServiceName, command: ChildCommand, reason: string): BaseError {
  return new BaseError(`the ${name} could not be started: ${reason}`, {
    code: 'service_failed',
    hints: [`check that ${command.file} can be run`],
  });
}

/** Keeps one old log; returns where the next run begins. */
function makeRoom(log: string): number {
  const size = sizeOf(log);
  if (size < largestLog) return size;
  renameSync(log, `${log}.1`);
  return 0;
}

/** Logs may be moved and deleted while the service runs: such a one has nothing to say, and stops nobody. */
function sizeOf(log: string): number {
  return statSync(log, { throwIfNoEntry: false })?.size ?? 0;
}

function readLog(file: string, from: number): string {
  const length = Math.min(sizeOf(file) - from, 1_000_000);
  if (length <= 0) return '';
  const descriptor = openSync(file, 'r');
  try {
    const bytes = Buffer.alloc(length);
    return bytes.toString('utf8', 0, readSync(descriptor, bytes, 0, bytes.length, from));
  } finally {
    closeSync(descriptor);
  }
}
