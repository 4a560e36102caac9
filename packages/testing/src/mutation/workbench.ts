import { execFileSync, spawn } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';

/** What one run of forge's tests said. */
export type TestRun = { readonly passed: boolean; readonly timedOut: boolean; readonly failures: readonly string[] };

/** A copy of the contracts and their tests, built once, in which creation code is exchanged without compiling the tests. */
export type Workbench = { readonly folder: string; readonly forge: string };

type Artifact = Record<string, unknown> & {
  readonly bytecode?: { sourceMap: string };
  readonly deployedBytecode?: { sourceMap: string };
};

const COPIED = ['foundry.toml', 'contracts/src', 'contracts/test', 'contracts/package.json'];
/** Forge looks into every folder of node_modules each time that it starts. */
const PACKAGES = ['@openzeppelin', '@layerzerolabs'];
/** Without the optimizer the tests compile in a quarter of the time, and behave the same. */
const BUILD_ENV = { FOUNDRY_OPTIMIZER: 'false' };

/**
 * Copies what changed and builds it.
 * @throws where the tests do not compile.
 */
export async function openWorkbench(root: string, folder: string, forge: string): Promise<Workbench> {
  const bench = copyProject(root, folder, forge);
  const { code, output } = await run(forge, ['build', '--color', 'never'], folder, BUILD_ENV, 1800);
  if (code !== 0) throw new Error(output);
  slimArtifacts(path.join(folder, 'contracts/out'));
  return bench;
}

/** The same without the build: for the few tests that contain a library's code and are compiled with each mutant of it. */
export function copyProject(root: string, folder: string, forge: string): Workbench {
  mkdirSync(path.join(folder, 'scripts'), { recursive: true });
  for (const name of ['contracts/src', 'contracts/test']) {
    rmSync(path.join(folder, name), { recursive: true, force: true });
  }
  for (const name of COPIED) {
    cpSync(path.join(root, name), path.join(folder, name), { recursive: true, preserveTimestamps: true });
  }
  const modules = path.join(folder, 'node_modules');
  rmSync(modules, { recursive: true, force: true });
  mkdirSync(modules);
  for (const name of PACKAGES) symlinkSync(path.join(root, 'node_modules', name), path.join(modules, name), 'dir');
  writeCompiler(root, folder);
  return { folder, forge };
}

/** The project's compiler, which tells its version, as forge asks each time, without starting node. */
function writeCompiler(root: string, folder: string): void {
  const script = path.join(root, 'scripts/solc.cjs');
  const version = execFileSync(process.execPath, [script, '--version'], { encoding: 'utf8' });
  const lines = ['#!/bin/sh', 'if [ "$1" = --version ]; then', `printf '%s' '${version}'`, 'else'];
  const text = [...lines, `exec '${process.execPath}' '${script}' "$@"`, 'fi', ''].join('\n');
  writeFileSync(path.join(folder, 'scripts/solc.cjs'), text, { mode: 0o755 });
}

/** Leaves out what forge reads at each start and the tests need not. */
function slimArtifacts(folder: string): void {
  for (const name of readdirSync(folder, { recursive: true }) as string[]) {
    const file = path.join(folder, name);
    if (!name.endsWith('.json') || name.startsWith('build-info')) continue;
    const { atime, mtime } = statSync(file);
    const { rawMetadata, metadata, ...needed } = JSON.parse(readFileSync(file, 'utf8')) as Artifact;
    if (rawMetadata === undefined && metadata === undefined) continue;
    for (const code of [needed.bytecode, needed.deployedBytecode]) if (code !== undefined) code.sourceMap = '';
    writeFileSync(file, JSON.stringify(needed));
    utimesSync(file, atime, mtime);
  }
}

/** Puts a source in the place of the original. */
export function exchangeSource(bench: Workbench, file: string, content: Buffer): void {
  writeFileSync(path.join(bench.folder, file), content);
}

/** Puts creation code in the place of what was built from these files; tests deploy what they find there, by name. */
export function exchangeCode(bench: Workbench, code: ReadonlyMap<string, string>): void {
  for (const [file, object] of code) {
    const name = path.basename(file, '.sol');
    const artifact = path.join(bench.folder, 'contracts/out', `${name}.sol`, `${name}.json`);
    const content = JSON.parse(readFileSync(artifact, 'utf8')) as { bytecode: { object: string } };
    content.bytecode.object = object;
    writeFileSync(artifact, JSON.stringify(content));
  }
}

/**
 * Runs tests up to the first failure.
 * @param fuzzRuns of each fuzz test and, a sixteenth of it, each invariant.
 * @param seconds after which the run counts as failed: a loop that does not end.
 */
export async function runTests(
  bench: Workbench,
  selection: readonly string[],
  fuzzRuns: number,
  seconds: number,
): Promise<TestRun> {
  for (const kind of ['fuzz', 'invariant']) {
    rmSync(path.join(bench.folder, 'contracts/cache', kind), { recursive: true, force: true });
  }
  const env = {
    ...BUILD_ENV,
    FOUNDRY_FUZZ_RUNS: String(fuzzRuns),
    FOUNDRY_INVARIANT_RUNS: String(Math.ceil(fuzzRuns / 16)),
  };
  const words = ['test', '--color', 'never', '--fail-fast', ...selection];
  const { code, output } = await run(bench.forge, words, bench.folder, env, seconds);
  const failures = [...output.matchAll(/^\[FAIL[^\n]*?\] (\w+)\(/gm)].map(([, name]) => name!);
  if (code !== 0 && code !== null && failures.length === 0)
    throw new Error(`forge failed without a failing test:\n${output}`);
  return { passed: code === 0, timedOut: code === null, failures: [...new Set(failures)] };
}

/** Exit code, or null after the deadline, and all that was printed. */
function run(
  command: string,
  args: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>>,
  seconds: number,
): Promise<{ code: number | null; output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd,
      // Without a path forge finds no git, which it would ask at each start for submodules.
      env: { HOME: process.env['HOME'], PATH: cwd, ...env },
      timeout: seconds * 1000,
      killSignal: 'SIGKILL',
    });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, output }));
  });
}
