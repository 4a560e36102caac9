import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** What one run of forge's tests said. */
export type TestRun = { readonly passed: boolean; readonly timedOut: boolean; readonly failures: readonly string[] };

/** A copy of the contracts and their tests, built once, in which creation code is exchanged without compiling the tests. */
export type Workbench = { readonly folder: string; readonly forge: string };

const COPIED = ['foundry.toml', 'contracts/src', 'contracts/test', 'contracts/package.json', 'scripts/solc.cjs'];
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
  if (!existsSync(modules)) symlinkSync(path.join(root, 'node_modules'), modules, 'dir');
  return { folder, forge };
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
      env: { ...process.env, ...env },
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
