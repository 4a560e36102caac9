import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BaseError, parseUpFile, type UpFile } from '@kedge/core';
import { createIndexerClient } from '@kedge/sdk';

const root = fileURLToPath(new URL('../../../../', import.meta.url));
const program = join(root, 'packages/cli/dist/main.js');
const gate = fileURLToPath(new URL('./gate.cjs', import.meta.url));

/** `kedge up` in a folder of its own, with everything that it runs. */
export type Stack = {
  readonly folder: string;
  readonly up: UpFile & { readonly dashboardUrl: string };
  /** Runs a command of the CLI against it; rejects with what it said when it fails. */
  kedge(...args: string[]): Promise<string>;
  /** Ends a service at once and holds it back until what it resolves with is called: `kedge up` then starts it again. */
  takeDown(service: 'gateway' | 'indexer'): Promise<() => void>;
  stop(): Promise<void>;
};

/** Builds what is stale, starts the stack, and resolves when the gateway serves and the indexer has caught up. */
export async function startStack(): Promise<Stack> {
  build('node_modules/typescript/bin/tsc', '--build', 'packages/cli');
  build('packages/web/scripts/build.mjs');
  const folder = mkdtempSync(join(tmpdir(), 'kedge-dashboard-'));
  const held = join(folder, 'held');
  mkdirSync(held);
  const child = spawn(process.execPath, [program, 'up', '--json'], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NODE_OPTIONS: `--require=${gate}`, KEDGE_TEST_GATE: held },
  });
  const exited = once(child, 'exit');
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  const started = new Promise<UpFile>((resolve, reject) => {
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      if (output.endsWith('}\n')) resolve(parseUpFile(JSON.parse(output)));
    });
    void exited.then(() => reject(new Error(`kedge up ended:\n${said}`)));
  });
  const stop = async (): Promise<void> => {
    child.kill('SIGINT');
    await exited;
    rmSync(folder, { recursive: true, force: true });
  };
  let up: UpFile;
  try {
    up = await started;
    const indexer = createIndexerClient({ url: String(up['indexerUrl']) });
    await until(() => indexer.status().then(({ ready }) => ready, isTransient));
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    folder,
    up: up as Stack['up'],
    kedge: (...args) => run(folder, args),
    takeDown: async (service) => {
      const { pid } = JSON.parse(readFileSync(join(folder, '.kedge', 'pids', `${service}.json`), 'utf8')) as {
        pid: number;
      };
      const file = join(held, service);
      writeFileSync(file, '');
      process.kill(pid, 'SIGKILL');
      await until(async () => !isAlive(pid));
      return () => rmSync(file, { force: true });
    },
    stop,
  };
}

/** Resolves when `condition` holds; the test's own timeout is the limit. */
export async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 100));
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** A program that is still starting does not answer yet; any other error is one. */
function isTransient(error: unknown): false {
  if (error instanceof BaseError && error.kind === 'transient') return false;
  throw error;
}

async function run(cwd: string, args: readonly string[]): Promise<string> {
  const child = spawn(process.execPath, [program, ...args], { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  let errors = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
  const [code] = (await once(child, 'close')) as [number];
  if (code !== 0) throw new Error(`kedge ${args.join(' ')} ended with ${code}:\n${errors}${output}`);
  return output;
}

function build(...args: string[]): void {
  const { status, stderr, stdout } = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${args[0]} failed:\n${stdout}${stderr}`);
}
