import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { Deployment } from '@kedge/core';
import { runProgram, type ProgramInput } from '../src/program.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));
/** The program as npm links it: it runs the bundle, while that is of what is built. */
export const kedgeProgram = fileURLToPath(new URL('../bin/kedge.js', import.meta.url));

/** Builds what the tests run, when it is not up to date. */
export function buildCli(): void {
  for (const step of [['node_modules/typescript/bin/tsc', '--build', 'packages/cli'], ['scripts/bundle.mjs']]) {
    const { status, stdout, stderr } = spawnSync(process.execPath, step, { cwd: root, encoding: 'utf8' });
    if (status !== 0) throw new Error(`the CLI does not build:\n${stdout}${stderr}`);
  }
}

export type Ran = { readonly code: number; readonly stdout: string; readonly stderr: string };
export type RunOptions = {
  readonly cwd: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly stdin?: string;
};

/**
 * Runs the built program as a user would, for tests of the process: what it reads on stdin, its working folder, its exit
 * code. Keys of the surrounding environment are not passed on.
 */
export function runKedge(args: readonly string[], { cwd, environment = {}, stdin = '' }: RunOptions): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('KEDGE_'));
    const env = { ...Object.fromEntries(inherited), KEDGE_KEYSTORE_DIR: join(cwd, 'keystore'), ...environment };
    const child = spawn(process.execPath, [kedgeProgram, ...args], { cwd, env });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code: code ?? -1, stdout, stderr }));
    child.stdin.end(stdin);
  });
}

/**
 * The same program in this process, from its sources: no second to start, for tests that are about what commands do.
 * What it prints is what the built program prints, but for what that proposes to type for `kedge`.
 *
 * @param options.typed what somebody types on a terminal; without it there is none
 * @param options.runForeground stands in for other programs
 */
export async function runInProcess(
  args: readonly string[],
  {
    cwd,
    typed,
    runForeground,
  }: Pick<RunOptions, 'cwd'> & Pick<ProgramInput, 'runForeground'> & { readonly typed?: string },
): Promise<Ran> {
  const stdin = Object.assign(new PassThrough(), { isTTY: typed !== undefined });
  stdin.end(typed ?? '');
  let stdout = '';
  let stderr = '';
  const code = await runProgram({
    argv: args,
    cwd,
    environment: { KEDGE_KEYSTORE_DIR: join(cwd, 'keystore') },
    stdin: stdin as unknown as NodeJS.ReadStream,
    stdout: { write: (text) => (stdout += text) },
    stderr: { write: (text) => (stderr += text) },
    version: '0.0.0',
    typed: 'kedge',
    ...(runForeground === undefined ? {} : { runForeground }),
  });
  return { code, stdout, stderr };
}

/** Runs it in this process with `--json` and parses what it prints; fails with what it said when it failed. */
export async function runJson<value = Record<string, unknown>>(
  args: readonly string[],
  options: Pick<RunOptions, 'cwd'>,
): Promise<value> {
  const { code, stdout, stderr } = await runInProcess([...args, '--json'], options);
  if (code !== 0) throw new Error(`kedge ${args.join(' ')} ended with ${code}:\n${stdout}${stderr}`);
  return JSON.parse(stdout) as value;
}

/** What `kedge gateway` leaves in the data folder of `cwd`: from then on it is the folder of a gateway, for this chain. */
export function configureGateway(cwd: string, { chainId, contracts }: Deployment): void {
  const folder = join(cwd, '.kedge', 'gateway');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'config.json'), JSON.stringify({ chainId, contracts }));
}

/** A new folder for one test file. */
export function temporaryFolder(): string {
  return mkdtempSync(join(tmpdir(), 'kedge-cli-'));
}
