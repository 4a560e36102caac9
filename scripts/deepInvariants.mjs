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
const campaigns = ['Value', 'Backing', 'Revenue', 'Channels', 'Market', 'Approvals'].concat(
  // Of the contracts beside the token.
  ['Bond', 'Contributors', 'Plans', 'Adapter', 'Deposits', 'Attestations'],
);
const CHUNKS = 20;
const RUNS = 500;
const FIRST_SEED = 0x8028;

/** Names the code that is tested and the tests: what passed for another code counts for nothing. */
function fingerprint() {
  const hash = createHash('sha256').update(readFileSync(path.join(root, 'foundry.toml')));
  for (const folder of ['contracts/src', 'contracts/test/laws', 'contracts/test/helpers']) {
    for (const file of readdirSync(path.join(root, folder), { recursive: true }).toSorted()) {
      if (!file.endsWith('.sol')) continue;
      hash.update(`\0${folder}/${file}\0`).update(readFileSync(path.join(root, folder, file)));
    }
  }
  return hash.digest('hex').slice(0, 16);
}

/** The lines of this code, one a chunk that has passed. */
function passedLines(code) {
  if (!existsSync(stateFile)) return [];
  const lines = readFileSync(stateFile, 'utf8').split('\n');
  return lines.filter((line) => line !== '' && JSON.parse(line).code === code);
}

function passedChunks(code) {
  const chunks = passedLines(code).map((line) => JSON.parse(line));
  return new Set(chunks.map(({ campaign, chunk }) => `${campaign} ${chunk}`));
}

/** What passed for another code is dropped, and nothing is cut off by an interruption. */
function keepPassed(chunk) {
  const lines = [...passedLines(chunk.code), JSON.stringify(chunk)];
  writeFileSync(`${stateFile}.new`, `${lines.join('\n')}\n`);
  renameSync(`${stateFile}.new`, stateFile);
}

/**
 * Runs the chunks that are left, at most `limit` a campaign, and says how far the runs are, which is all that 0 does;
 * returns how many campaigns' chunks passed and failed.
 */
export function runDeepInvariants(limit = CHUNKS) {
  const code = fingerprint();
  const passed = passedChunks(code);
  const counts = { passed: 0, failed: 0 };
  const left = (campaign) =>
    Array.from({ length: CHUNKS }, (_, chunk) => chunk).filter((chunk) => !passed.has(`${campaign} ${chunk}`));
  for (const campaign of campaigns) {
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
      keepPassed({ code, campaign, chunk, seed, runs: RUNS });
    }
  }
  const done = passedChunks(code).size;
  console.log(`invariants: ${done * RUNS} of ${campaigns.length * CHUNKS * RUNS} runs have passed on this code`);
  // To ask is no failure.
  return limit === 0 ? { passed: 1, failed: 0 } : counts;
}
