import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { parseUpFile, type UpFile } from '@kedge/core';
import type { DataPaths, ServiceName } from '../../src/files/dataPaths.js';
import { kedgeProgram } from '../kedge.js';

/** `kedge up` as a process of its own. */
export type RunningUp = {
  readonly pid: number;
  readonly upFile: UpFile;
  /** Resolves when a line on stderr from now on contains the text. */
  saying(text: string): Promise<void>;
  /** Sends a signal and resolves with the exit code (null when a signal ended it). */
  end(signal: NodeJS.Signals): Promise<number | null>;
};

/**
 * Starts `kedge up` for a data folder and resolves when it is ready. Rejects with its stderr when it ends before. Without the
 * indexer, which only its own test needs.
 */
export async function runningUp(paths: DataPaths, words: readonly string[] = ['--no-indexer']): Promise<RunningUp> {
  const child = spawn(process.execPath, [kedgeProgram, 'up', '--json', '--data-dir', paths.root, ...words], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exited = once(child, 'exit') as Promise<[number | null]>;
  let errors = '';
  let listeners: { text: string; from: number; heard: () => void }[] = [];
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    errors += chunk;
    listeners = listeners.filter(({ text, from, heard }) => {
      if (!errors.slice(from).includes(text)) return true;
      heard();
      return false;
    });
  });
  const upFile = await new Promise<UpFile>((resolve, reject) => {
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      output += chunk;
      if (output.endsWith('}\n')) resolve(parseUpFile(JSON.parse(output)));
    });
    void exited.then(([code]) => reject(new Error(`kedge up ended with ${code}: ${errors}`)));
  });
  return {
    pid: child.pid!,
    upFile,
    saying: (text) => new Promise((resolve) => listeners.push({ text, from: errors.length, heard: resolve })),
    end: async (signal) => {
      child.kill(signal);
      return (await exited)[0];
    },
  };
}

/** The process of a service, from its pid file. */
export function servicePid(paths: DataPaths, service: ServiceName): number {
  return (JSON.parse(readFileSync(paths.pid(service), 'utf8')) as { pid: number }).pid;
}
