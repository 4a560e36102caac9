import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { gatewayProgram } from '../support/gatewayProcess.js';

const faultyFiles = join(fileURLToPath(new URL('.', import.meta.url)), 'faultyFiles.mjs');

/** What is done to a gateway from below: see faultyFiles.mjs. */
export type Faults = {
  readonly seed: number;
  readonly skewMs: number;
  readonly chances: Readonly<Record<string, number>>;
};

export type GatewayProcess = {
  readonly url: string;
  /** Resolves when it is gone, by whatever cause. */
  readonly gone: Promise<void>;
  readonly isGone: () => boolean;
  readonly stop: (signal: 'SIGKILL' | 'SIGTERM') => Promise<number | null>;
};

/** Starts the real program; undefined when it ended before it listened (an injected fault may do that). */
export function startGatewayProcess(
  configFile: string,
  faults: Faults | undefined,
  onLine: (line: string) => void,
): Promise<GatewayProcess | undefined> {
  const preload = faults === undefined ? [] : ['--import', faultyFiles];
  const child = spawn(process.execPath, [...preload, gatewayProgram, '--config', configFile], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, KEDGE_CHAOS: JSON.stringify(faults) },
  });
  createInterface({ input: child.stderr }).on('line', onLine);
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  return new Promise((resolve) => {
    createInterface({ input: child.stdout }).once('line', (line) => {
      const { url } = JSON.parse(line) as { url: string };
      resolve({ url, gone, isGone: () => hasEnded(child), stop: (signal) => stop(child, signal) });
    });
    void gone.then(() => resolve(undefined));
  });
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

async function stop(child: ChildProcess, signal: 'SIGKILL' | 'SIGTERM'): Promise<number | null> {
  if (hasEnded(child)) return child.exitCode;
  const code = new Promise<number | null>((resolve) => child.once('exit', resolve));
  child.kill(signal);
  return code;
}
