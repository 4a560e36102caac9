// Programs under test and what stands around them, each in a process of its own on a processor of its own.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { gatewayNodeFlags } from '../../packages/gateway/dist/nodeFlags.js';

const pathOf = (program) => fileURLToPath(new URL(`${program}.mjs`, import.meta.url));
const cannotPin = !existsSync('/usr/bin/taskset');

/**
 * Measures with programs that `begin` starts (see {@link start}) and a folder for what they write; ends the programs and removes
 * the folder, however it goes.
 */
export async function withPrograms(measure) {
  const dir = mkdtempSync(join(tmpdir(), 'kedge-bench-'));
  const running = [];
  const begin = async (...args) => {
    const program = await start(...args);
    running.push(program);
    return program;
  };
  try {
    return await measure({ begin, dir });
  } finally {
    await Promise.all(running.map((program) => program.stop()));
    rmSync(dir, { recursive: true, force: true });
  }
}

/** Starts a program of this folder; it says on its first line where it listens. */
async function start(program, cpu, args = {}) {
  const flags = program === 'kedgeGateway' ? gatewayNodeFlags : [];
  const command = [process.execPath, ...flags, pathOf(program), ...optionsOf(args)];
  const [file, ...rest] = cannotPin ? command : ['taskset', '-c', String(cpu), ...command];
  const child = spawn(file, rest, { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async () => {
    const { done, value } = await lines.next();
    if (done) throw new Error(`${program} ended early`);
    return JSON.parse(value);
  };
  const { url } = await next();
  return {
    url,
    pid: child.pid,
    /** Sends one line and waits for the answer's. */
    ask: async (question) => {
      child.stdin.write(`${JSON.stringify(question)}\n`);
      return next();
    },
    stop: () => {
      child.kill('SIGTERM');
      return ended;
    },
  };
}

/** Runs a program of this folder to its end; its one line of JSON. */
export function resultOf(program, args = {}) {
  const { stdout, status } = spawnSync(process.execPath, [pathOf(program), ...optionsOf(args)], {
    stdio: ['ignore', 'pipe', 'inherit'],
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`${program} failed`);
  return JSON.parse(stdout);
}

/** Installs the other gateways and contracts, where they are not yet: they are no part of Kedge's own installation. */
export function installPeers() {
  const folder = fileURLToPath(new URL('../peers/', import.meta.url));
  const installed = `${folder}node_modules/.package-lock.json`;
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(`${folder}package-lock.json`).mtimeMs) return;
  process.stderr.write('installing the gateways and contracts to compare with (49 MB, once) …\n');
  const { status } = spawnSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  if (status !== 0) throw new Error(`npm ci failed in ${folder}`);
}

/** CPU time of a process and its children so far, in microseconds; undefined where /proc is not. */
export function cpuMicroseconds(pid) {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean);
    return children.reduce((sum, child) => sum + cpuMicroseconds(child), ownMicroseconds(pid));
  } catch {
    return undefined;
  }
}

function ownMicroseconds(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10_000;
}

function optionsOf(args) {
  return Object.entries(args).flatMap(([name, value]) => (value === undefined ? [] : [`--${name}`, String(value)]));
}
