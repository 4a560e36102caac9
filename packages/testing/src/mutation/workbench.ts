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
import { importsOf } from './compiler.js';

/** What one run of forge's tests said. */
type TestRun = { readonly passed: boolean; readonly timedOut: boolean; readonly failures: readonly string[] };

/** A copy of the contracts and their tests, built once, in which creation code is exchanged without compiling the tests. */
export type Workbench = { readonly folder: string; readonly forge: string };

type Artifact = { readonly abi: unknown; readonly bytecode?: object; readonly id: unknown };

const NO_CODE = { object: '0x', sourceMap: '', linkReferences: {} };

const COPIED = ['foundry.toml', 'contracts/src', 'contracts/test', 'contracts/package.json'];
/** Forge looks into every folder of node_modules each time that it starts. */
const PACKAGES = ['@openzeppelin'];
const FORGE_STD = '@layerzerolabs/toolbox-foundry/lib/forge-std';
const LICENSE = '// SPDX-License-Identifier: MIT\npragma solidity 0.8.34;\n';
/** Without the optimizer the tests compile in a quarter of the time, and behave the same. */
const BUILD_ENV = { FOUNDRY_OPTIMIZER: 'false' };

/**
 * Copies what changed and builds it.
 * @throws where the tests do not compile.
 */
export async function openWorkbench(
  root: string,
  folder: string,
  forge: string,
  deployed: readonly string[],
): Promise<Workbench> {
  const bench = copyProject(root, folder, forge);
  slimSources(folder, deployed);
  const { code, output } = await run(forge, ['build', '--color', 'never'], folder, BUILD_ENV, 1800);
  if (code !== 0) throw new Error(output);
  const laws = filesIn(folder, 'contracts/test/laws').map((file) => path.basename(file));
  slimArtifacts(path.join(folder, 'contracts/out'), new Set(laws));
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
  cpSync(path.join(root, 'node_modules', FORGE_STD), path.join(modules, FORGE_STD), {
    recursive: true,
    preserveTimestamps: true,
  });
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

/** Leaves out what forge parses at each start and no test looks at: what the tests deploy is found by its name alone. */
function slimSources(folder: string, deployed: readonly string[]): void {
  for (const unasked of ['gas', 'faulty']) {
    rmSync(path.join(folder, 'contracts/test', unasked), { recursive: true, force: true });
  }
  const imported = new Set<string>();
  for (const file of filesIn(folder, 'contracts/test')) addImports(folder, file, imported);
  for (const file of filesIn(folder, 'contracts/src')) {
    const contract = `contract ${path.basename(file, '.sol')} {}`;
    if (imported.has(file)) continue;
    if (deployed.includes(file)) writeFileSync(path.join(folder, file), `${LICENSE}\n${contract}\n`);
    else rmSync(path.join(folder, file));
  }
  const library = path.join(folder, 'node_modules', FORGE_STD);
  writeFileSync(path.join(library, 'safeconsole.sol'), `${LICENSE}\nlibrary safeconsole {}\n`);
}

/** Adds a file of the contracts and all that it imports of them. */
function addImports(folder: string, file: string, seen: Set<string>): void {
  if (seen.has(file) || !file.startsWith('contracts/')) return;
  seen.add(file);
  const content = readFileSync(path.join(folder, file), 'utf8');
  for (const imported of importsOf(file, content)) addImports(folder, imported, seen);
}

/**
 * Leaves out what forge reads at each start and the tests need not. By deployed code it knows what an invariant test calls: that of
 * the laws stays.
 */
function slimArtifacts(folder: string, laws: ReadonlySet<string>): void {
  for (const name of readdirSync(folder, { recursive: true }) as string[]) {
    const file = path.join(folder, name);
    if (!name.endsWith('.json') || name.startsWith('build-info')) continue;
    const { atime, mtime } = statSync(file);
    const { abi, bytecode, id } = JSON.parse(readFileSync(file, 'utf8')) as Artifact;
    if (bytecode === undefined || laws.has(path.dirname(name))) continue;
    const needed = { abi, bytecode: { ...bytecode, sourceMap: '' }, deployedBytecode: NO_CODE, id };
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

/** Solidity files below a folder of the project. */
export function filesIn(root: string, folder: string): string[] {
  return (readdirSync(path.join(root, folder), { recursive: true }) as string[])
    .filter((file) => file.endsWith('.sol'))
    .map((file) => `${folder}/${file}`);
}
