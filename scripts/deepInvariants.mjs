// The contracts' invariants, 10,000 runs of 64 steps a campaign, in chunks that each have their own seed. A chunk that has
// passed is not run again while contracts and tests stay what they are, so that an interrupted run goes on, anywhere: what
// has passed is in the repository.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { forgePath } from './forgePath.mjs';

const root = fileURLToPath(new URL('../', import.meta.url));
const stateFile = path.join(root, 'contracts/test/laws/passed.jsonl');
const laws = 'contracts/test/laws';
/** Where each campaign finds its laws and actions. */
const campaigns = {
  Value: 'LawsInvariant.t.sol',
  Backing: 'LawsInvariant.t.sol',
  Revenue: 'LawsInvariant.t.sol',
  Channels: 'LawsInvariant.t.sol',
  Market: 'LawsInvariant.t.sol',
  Approvals: 'LawsInvariant.t.sol',
  Bond: 'beside/BondLaws.sol',
  Contributors: 'beside/ContributorLaws.sol',
  Plans: 'beside/PlanLaws.sol',
  Adapter: 'beside/AdapterLaws.sol',
  Deposits: 'beside/DepositLaws.sol',
  Attestations: 'beside/AttestationLaws.sol',
};
const CHUNKS = 20;
const RUNS = 500;
const FIRST_SEED = 0x8028;

/** Names the code that a campaign runs, tests and contracts: what passed for another code counts for nothing. */
function fingerprint(campaign) {
  const files = new Set(['foundry.toml', `${laws}/beside/BesideInvariant.t.sol`]);
  addCode(`${laws}/${campaigns[campaign]}`, files);
  const hash = createHash('sha256');
  for (const file of [...files].toSorted()) hash.update(`\0${file}\0`).update(readFileSync(path.join(root, file)));
  return hash.digest('hex').slice(0, 16);
}

/** Adds a file, and the project's files that it imports or deploys by name. */
function addCode(file, files) {
  if (files.has(file)) return;
  files.add(file);
  const content = readFileSync(path.join(root, file), 'utf8');
  for (const [, imported] of content.matchAll(/^(?:import|\}) ?[^;"]*"(\.[^"]+)";/gm)) {
    addCode(path.posix.join(path.posix.dirname(file), imported), files);
  }
  for (const [, name] of content.matchAll(/deployCode\(\s*"(\w+)"/g)) addCode(sourceOf(name), files);
}

function sourceOf(name) {
  const found = readdirSync(path.join(root, 'contracts/src'), { recursive: true });
  return `contracts/src/${found.find((file) => path.basename(file) === `${name}.sol`)}`;
}

/** The chunks that have passed on this code. */
function passedChunks() {
  if (!existsSync(stateFile)) return [];
  const lines = readFileSync(stateFile, 'utf8').split('\n');
  const chunks = lines.filter((line) => line !== '').map((line) => JSON.parse(line));
  const codes = Object.fromEntries(Object.keys(campaigns).map((campaign) => [campaign, fingerprint(campaign)]));
  return chunks.filter(({ campaign, code }) => codes[campaign] === code);
}

/** What passed for another code is dropped, and nothing is cut off by an interruption. */
function keepPassed(chunk) {
  const lines = [...passedChunks(), chunk].map((passed) => JSON.stringify(passed));
  writeFileSync(`${stateFile}.new`, `${lines.join('\n')}\n`);
  renameSync(`${stateFile}.new`, stateFile);
}

/**
 * Runs the chunks that are left, at most `limit` a campaign, and says how far the runs are, which is all that 0 does;
 * returns how many campaigns' chunks passed and failed.
 */
export function runDeepInvariants(limit = CHUNKS) {
  const passed = new Set(passedChunks().map(({ campaign, chunk }) => `${campaign} ${chunk}`));
  const counts = { passed: 0, failed: 0 };
  const left = (campaign) =>
    Array.from({ length: CHUNKS }, (_, chunk) => chunk).filter((chunk) => !passed.has(`${campaign} ${chunk}`));
  for (const campaign of Object.keys(campaigns)) {
    for (const chunk of left(campaign).slice(0, limit)) {
      const seed = `0x${(FIRST_SEED + chunk).toString(16)}`;
      const started = Date.now();
      const { status, stdout, stderr } = spawnSync(
        forgePath(),
        ['test', '--color', 'never', '--match-contract', `^${campaign}InvariantTest$`, '--fuzz-seed', seed],
        {
          cwd: root,
          encoding: 'utf8',
          env: { ...process.env, FOUNDRY_PROFILE: 'deep', FOUNDRY_INVARIANT_RUNS: String(RUNS) },
        },
      );
      const good = status === 0 && stdout.includes(`(runs: ${RUNS}, `);
      counts[good ? 'passed' : 'failed'] += 1;
      const seconds = ((Date.now() - started) / 1000).toFixed(0);
      console.log(
        `${good ? 'ok  ' : 'FAIL'} ${campaign} ${chunk + 1}/${CHUNKS}: ${RUNS} runs, seed ${seed} (${seconds} s)`,
      );
      if (!good) {
        console.log(`${stdout}\n${stderr}`.trimEnd());
        break;
      }
      keepPassed({ code: fingerprint(campaign), campaign, chunk, seed, runs: RUNS });
    }
  }
  const [done, all] = [passedChunks().length, Object.keys(campaigns).length * CHUNKS];
  console.log(`invariants: ${done * RUNS} of ${all * RUNS} runs have passed on this code`);
  // To ask is no failure.
  return limit === 0 ? { passed: 1, failed: 0 } : counts;
}
