// Runs the contracts' tests and the TypeScript tests, and ends with one line that counts both.
// --deep: the contracts' deep profile (10,000 runs, invariants in chunks that are kept), then 100,000 commands against the
// reference model; --contracts / --packages: one half only; other words go to vitest.
// --chaos: a million calls to a gateway that is killed and whose disk, clock and upstream fail;
// --deep --invariants [chunks], --deep --coverage, --deep --mutation [its options]: only that.
import { spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { checkCoverage } from './coverage.mjs';
import { runDeepInvariants } from './deepInvariants.mjs';
import { ensureChromium, howToInstall } from '../packages/web/scripts/chromium.mjs';
import { forgePath } from './forgePath.mjs';

const given = process.argv.slice(2);
const args = [...given];
const take = (flag) => {
  const at = args.indexOf(flag);
  if (at >= 0) args.splice(at, 1);
  return at >= 0;
};
const deep = take('--deep');
const chaos = take('--chaos');
const onlyContracts = take('--contracts');
const onlyPackages = take('--packages');
const only = ['--invariants', '--coverage', '--mutation'].find((flag) => deep && take(flag));

/** Runs a command, shows what it prints, now or all of it at its end, and returns its exit code and output. */
function runShown(command, commandArgs, env = {}, when = 'now') {
  return new Promise((resolve, reject) => {
    const child = spawn(command, commandArgs, {
      stdio: ['ignore', 'pipe', when === 'now' ? 'inherit' : 'pipe'],
      env: { ...process.env, ...env },
    });
    let output = '';
    const keep = (chunk) => {
      output += chunk;
      if (when === 'now') process.stdout.write(chunk);
    };
    child.stdout.on('data', keep);
    child.stderr?.on('data', keep);
    child.on('error', reject);
    child.on('close', (code, signal) => {
      if (when !== 'now') process.stdout.write(output);
      resolve({ code: code ?? signal, output });
    });
  });
}

async function testContracts(when) {
  const env = { FOUNDRY_PROFILE: deep ? 'deep' : 'default', FORGE_SNAPSHOT_CHECK: 'true' };
  const words = ['test', '--color', 'never', ...(deep ? ['--no-match-contract', 'InvariantTest$'] : [])];
  const { code, output } = await runShown(forgePath(), words, env, when);
  const total = output.match(/(\d+) tests passed, (\d+) failed, (\d+) skipped/);
  if (!total) {
    const last = output.trimEnd().split('\n').slice(-20).join('\n');
    return { passed: 0, failed: 1, why: `${last}\n\nforge ended with ${code} before it counted its tests` };
  }
  return counted(code, { passed: Number(total[1]), failed: Number(total[2]), skipped: Number(total[3]) });
}

async function testPackages(words, env = {}) {
  const folder = mkdtempSync(path.join(tmpdir(), 'kedge-test-'));
  // Where the tests are root's, PostgreSQL runs as another user in a folder below.
  chmodSync(folder, 0o755);
  const report = path.join(folder, 'report.json');
  const vitest = ['node_modules/vitest/vitest.mjs', 'run', '--reporter=default', '--reporter=json'];
  // What the tests leave goes with the folder.
  const inFolder = { ...env, TMPDIR: folder };
  const { code } = await runShown(process.execPath, [...vitest, `--outputFile.json=${report}`, ...words], inFolder);
  // A run that broke down leaves no report; what it printed says why.
  const text = existsSync(report) ? readFileSync(report, 'utf8') : undefined;
  rmSync(folder, { recursive: true, maxRetries: 3 });
  if (text === undefined) {
    return { passed: 0, failed: 1, why: `vitest ended with ${code} and left no report of its tests` };
  }
  const { numPassedTests: passed, numFailedTests: failed, numPendingTests, numTodoTests } = JSON.parse(text);
  return counted(code, { passed, failed, skipped: numPendingTests + numTodoTests });
}

/** A run that fails for another reason than a test counts as one that failed. */
function counted(code, { passed, failed, skipped }) {
  return { passed, failed: code !== 0 && failed === 0 ? 1 : failed, skipped };
}

async function testMutants() {
  const { code } = await runShown(process.execPath, ['packages/testing/dist/mutation/main.js', ...args]);
  return { passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1 };
}

async function testAll() {
  if (!deep && !chaos && !onlyContracts && !onlyPackages) {
    // Compiling the contracts takes one processor for minutes, which the other tests need not wait for.
    console.log('The contracts are compiled and tested beside the packages; what forge says comes when it is done.\n');
    return Promise.all([testContracts('at its end'), testPackages(args)]);
  }
  const results = [];
  if (!onlyPackages && !chaos) results.push(await testContracts());
  if (!onlyPackages && deep) results.push(runDeepInvariants());
  if (chaos) {
    // 1,000,000 calls and more than 1,000 kills. A run that was ended goes on with the next round.
    const env = { KEDGE_CHAOS_ROUNDS: '40', KEDGE_CHAOS_OPERATIONS: '25000', KEDGE_CHAOS_KILLS: '25', ...process.env };
    results.push(await testPackages(['packages/gateway/test/chaos', ...args], env));
  } else if (!onlyContracts && deep) {
    const env = { KEDGE_DIFFERENTIAL_COMMANDS: '100000' };
    results.push(await testPackages(['packages/testing/test/differential.test.ts', ...args], env));
  } else if (!onlyContracts) {
    results.push(await testPackages(args));
  }
  return results;
}

async function testOne() {
  if (only === '--invariants') return runDeepInvariants(args[0] === undefined ? undefined : Number(args[0]));
  return only === '--coverage' ? checkCoverage() : testMutants();
}

const hasBrowser = onlyContracts || only !== undefined || chaos || ensureChromium() !== undefined;
const results = only === undefined ? await testAll() : [await testOne()];
const sum = (key) => results.reduce((total, result) => total + (result[key] ?? 0), 0);
if (!hasBrowser) console.log(`\nnot tested: the dashboard in a browser; ${howToInstall}`);
// Whoever names tests leaves others out; otherwise nothing may be.
const isChosen = given.some((word) => /^(-t|--testNamePattern)/.test(word));
for (const { why } of results) if (why) console.log(`\n${why}`);
const skipped = sum('skipped');
const told = skipped === 0 ? '' : `, ${skipped} skipped${isChosen ? '' : ', which counts as failed'}`;
console.log(`\n${sum('passed')} passed, ${sum('failed')} failed${told}`);
process.exitCode = sum('failed') === 0 && sum('passed') > 0 && (isChosen || skipped === 0) ? 0 : 1;
