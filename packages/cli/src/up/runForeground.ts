import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { createInterface } from 'node:readline';
import { BaseError } from '@kedge/core';
import type { Context } from '../context.js';
import type { ChildCommand } from './child.js';

/**
 * Runs a program of ours until it ends, passing Ctrl-C and other ends on to it. What it logs on stderr is shown as it comes.
 * Where this process is killed it can pass nothing on: the program ends when its channel to us does.
 *
 * @param what its name in messages
 * @param onReady called with its URL when it listens
 * @returns its exit code; 0 where it was ended by a signal that was passed on, 128 and the signal's number where by another, as shells have it
 */
export function runForeground(
  { cwd, output }: Pick<Context, 'cwd' | 'output'>,
  command: ChildCommand,
  what: string,
  onReady: (url: string) => void,
): Promise<number> {
  const child = spawn(command.file, [...command.args], {
    stdio: ['ignore', 'pipe', output.json ? 'pipe' : 'inherit', 'ipc'],
    env: command.environment,
    cwd,
  });
  let wasAsked = false;
  const forward = (signal: NodeJS.Signals): void => {
    wasAsked = true;
    child.kill(signal);
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.on(signal, forward);
  const listens = new Promise<void>((resolve) => {
    createInterface({ input: child.stdout! }).on('line', (line) => {
      const url = /^\{"ready":true,"url":"([^"]+)"/.exec(line)?.[1];
      if (url === undefined) return output.relay(line);
      resolve();
      onReady(url);
    });
    child.once('close', () => resolve());
  });
  void output.waitFor(`${what.toLowerCase()} to start`, listens);
  if (child.stderr !== null) createInterface({ input: child.stderr }).on('line', (line) => output.relay(line));
  return new Promise((resolve, reject) => {
    child.once('error', (cause) =>
      reject(new BaseError(`${what} could not be started.`, { code: 'service_failed', kind: 'bug', cause })),
    );
    child.once('close', (code, signal) => {
      for (const name of signals) process.off(name, forward);
      resolve(signal === null ? (code ?? 1) : wasAsked ? 0 : 128 + constants.signals[signal]);
    });
  });
}
