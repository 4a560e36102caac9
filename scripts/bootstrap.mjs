// The one door to every npm script: installs what is missing, builds what is stale, then does the work.
// Has no dependencies, because it runs before they exist.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { removeStale } from './removeStale.mjs';
import { underLock } from './underLock.mjs';

const root = fileURLToPath(new URL('../', import.meta.url));
const [task = 'start', ...rest] = process.argv.slice(2);

/** `npm start` needs neither compiler of contracts nor test runner nor browser; `full` contains `run`. */
const scopes = {
  run: ['--workspace=@kedge/cli', '--include-workspace-root', '--omit=dev'],
  full: [],
};
const tasks = {
  start: {
    scope: 'run',
    steps: [build('packages/cli'), bundle, dashboard, node('packages/cli/bin/kedge.js', 'up', ...rest)],
  },
  build: { scope: 'run', steps: [build('packages/cli'), bundle, dashboard] },
  test: { scope: 'full', steps: [build(), bundle, dashboard, node('scripts/test.mjs', ...rest)] },
  'test:deep': { scope: 'full', steps: [build(), dashboard, node('scripts/test.mjs', '--deep', ...rest)] },
  'test:chaos': { scope: 'full', steps: [build(), node('scripts/test.mjs', '--chaos', ...rest)] },
  check: { scope: 'full', steps: [build(), node('scripts/check.mjs', ...rest)] },
  fix: { scope: 'full', steps: [node('scripts/fix.mjs', ...rest)] },
  bench: { scope: 'full', steps: [build(), bundle, node('bench/run.mjs', ...rest)] },
};

function node(...args) {
  return () => run(process.execPath, args);
}

function build(project = '.') {
  return () => {
    removeStale(path.join(root, 'packages'));
    return run(process.execPath, ['node_modules/typescript/bin/tsc', '--build', project]);
  };
}

/** Bundles the commands for a quick start, unless what they are made of is as it was. */
function bundle() {
  return run(process.execPath, ['scripts/bundle.mjs']);
}

/** Builds the page that `kedge up` serves, unless what it is made of is as it was. */
function dashboard() {
  return run(process.execPath, ['packages/web/scripts/build.mjs']);
}

/** Runs a command in the foreground and resolves with its exit code. */
function run(command, args) {
  const child = spawn(command, args, { cwd: root, stdio: 'inherit' });
  // A signal that reached only this process is passed on; the child decides how long stopping takes.
  const forward = (signal) => child.kill(signal);
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  for (const signal of signals) process.on(signal, forward);
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code, signal) => {
      for (const name of signals) process.off(name, forward);
      resolve(signal ? 128 : (code ?? 1));
    });
  });
}

function stampPath() {
  return path.join(root, 'node_modules', '.kedge-install.json');
}

function lockHash() {
  return createHash('sha256')
    .update(readFileSync(path.join(root, 'package-lock.json')))
    .digest('hex');
}

function installed(scope) {
  if (!existsSync(stampPath())) return false;
  const stamp = JSON.parse(readFileSync(stampPath(), 'utf8'));
  return stamp.lockHash === lockHash() && (stamp.scope === 'full' || stamp.scope === scope);
}

function npm(...args) {
  // The npm that started this script, else the one on PATH.
  const own = process.env.npm_execpath;
  return own?.endsWith('.js') || own?.endsWith('.cjs') ? run(process.execPath, [own, ...args]) : run('npm', args);
}

/** What is installed stays: `npm start` after `npm test` keeps the tools of the tests. */
function widest(scope) {
  return existsSync(path.join(root, 'node_modules', 'vitest')) ? 'full' : scope;
}

async function install(wanted) {
  if (installed(wanted)) return 0;
  const onWait = (owner) => console.error(`waiting for process ${owner}, which is installing dependencies here`);
  const work = async () => {
    if (installed(wanted)) return 0;
    const scope = widest(wanted);
    const started = Date.now();
    console.error('installing dependencies (once; about half a minute)');
    const flags = [...scopes[scope], '--no-audit', '--no-fund', '--loglevel=error'];
    // `npm ci` starts from nothing; what is there already is only added to, so that running programs keep their files.
    const fresh = !existsSync(path.join(root, 'node_modules'));
    let status = fresh ? await npm('ci', ...flags) : 1;
    if (status !== 0) status = await npm('install', '--no-save', ...flags);
    if (status !== 0) {
      console.error(`npm could not install the dependencies (exit code ${status}); its message is above.`);
      return status;
    }
    writeFileSync(stampPath(), JSON.stringify({ lockHash: lockHash(), scope }));
    console.error(`dependencies installed in ${((Date.now() - started) / 1000).toFixed(1)} s`);
    return 0;
  };
  return underLock(path.join(root, '.install.lock'), work, onWait);
}

function checkNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return 0;
  console.error(
    `Kedge needs Node 20.19 or newer; this is ${process.versions.node}. Install a newer Node and run again.`,
  );
  return 1;
}

/** The indexer and the tests are read by Vite and by patterns, to which these mean something. */
function checkFolder() {
  const special = [...new Set(root.match(/[#%*?[\]{}]/g))];
  if (special.length === 0) return 0;
  const many = special.length > 1 ? 'these characters are' : 'this character is';
  console.error(`Kedge cannot run from ${root}: ${many} read as something else there: ${special.join(' ')}`);
  console.error('Move the folder to a path without, and run again.');
  return 1;
}

async function main() {
  const chosen = tasks[task];
  if (!chosen) {
    console.error(`unknown task "${task}"; known: ${Object.keys(tasks).join(', ')}`);
    return 2;
  }
  for (const step of [checkNode, checkFolder, () => install(chosen.scope), ...chosen.steps]) {
    const status = await step();
    if (status !== 0) return status;
  }
  return 0;
}

process.exitCode = await main();
