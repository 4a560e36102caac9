// What a checkpoint is worth: processor time, time and memory of opening a ledger that many calls are in, in turns with its
// checkpoints and, as if there were none, without.
//   node bench/ledgerStart.mjs [--json] [--calls 2000000] [--runs 5] [--dir folder on the disk to measure]
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { operatorKeyOf } from '../packages/gateway/dist/crypto/operatorKey.js';
import { makeCheckpoint } from '../packages/gateway/dist/ledger/checkpoint/makeCheckpoint.js';
import { openLedger } from '../packages/gateway/dist/ledger/openLedger.js';
import { listSegments } from '../packages/gateway/dist/ledger/segments/segmentFiles.js';
import { medianOf, noiseOf, rounded } from './gateway/figures.mjs';

const { values } = parseArgs({
  options: {
    json: { type: 'boolean' },
    calls: { type: 'string', default: '2000000' },
    runs: { type: 'string', default: '5' },
    dir: { type: 'string', default: tmpdir() },
    // In a process of its own: opens the ledger at this path, and says what that took.
    open: { type: 'string' },
  },
});
const ignore = () => undefined;
const operatorKey = '0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80'; // anvil's public development key
const ledgerAt = (path) =>
  openLedger({
    path,
    domain: { chainId: 31_337, verifyingContract: `0x${'11'.repeat(20)}` },
    operator: operatorKeyOf(operatorKey),
    log: { info: ignore, warn: console.error, error: console.error },
    now: Date.now,
    segmentBytes: 256 * 1024 * 1024,
    // They are made before anything is measured.
    makeCheckpoint: (_, signal) => new Promise((_, reject) => signal.addEventListener('abort', reject)),
    onAnswer: ignore,
    onVoucher: ignore,
    onKeyUse: ignore,
    running: () => 0,
    onCommitted: ignore,
  });

if (values.open === undefined) await compare();
else await measureOpening(values.open);

async function measureOpening(path) {
  const [cpu, begun] = [process.cpuUsage(), performance.now()];
  const ledger = await ledgerAt(path);
  const { user, system } = process.cpuUsage(cpu);
  const ms = performance.now() - begun;
  console.log(JSON.stringify({ cpuMs: (user + system) / 1_000, ms, residentMb: process.memoryUsage().rss / 1e6 }));
  await ledger.close();
}

async function compare() {
  const noise = noiseOf();
  const folder = mkdtempSync(join(values.dir, 'kedge-bench-'));
  try {
    const path = join(folder, 'ledger.log');
    await fill(path, Number(values.calls));
    const sealed = listSegments(path).slice(0, -1);
    for (const { base } of sealed) await makeCheckpoint({ path, base }, Date.now());
    const runs = Array.from({ length: Number(values.runs) }, () => ({
      without: without(folder, () => opened(path)),
      with: opened(path),
    }));
    const median = (which, field) => Math.round(medianOf(runs.map((run) => run[which][field])));
    const summary = {
      calls: Number(values.calls),
      segments: sealed.length + 1,
      runs: runs.length,
      ...Object.fromEntries(
        ['with', 'without'].map((which) => [
          which,
          Object.fromEntries(['cpuMs', 'ms', 'residentMb'].map((field) => [field, median(which, field)])),
        ]),
      ),
      ratio: rounded(medianOf(runs.map((run) => run.with.cpuMs / run.without.cpuMs))),
      noise: noise(),
    };
    if (values.json) process.stdout.write(`${JSON.stringify(summary)}\n`);
    else print(summary);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function print({ calls, segments, runs, ratio, noise, ...of }) {
  process.stdout.write('checkpoints   cpu ms   ms   resident MB\n');
  for (const which of ['with', 'without']) {
    const { cpuMs, ms, residentMb } = of[which];
    process.stdout.write(`${which.padEnd(11)} ${String(cpuMs).padStart(8)} ${String(ms).padStart(5)} ${residentMb}\n`);
  }
  process.stdout.write(
    `${calls} calls in ${segments} segments: ${ratio} of the processor time, median of ${runs} runs\n` +
      `noise: load average ${noise.load.join(' before, ')} after on ${noise.cores} cores\n`,
  );
}

/** A hundred channels, each call with two metrics, some hundred in a batch. */
async function fill(path, calls) {
  const ledger = await ledgerAt(path);
  const hash = () => `0x${randomBytes(32).toString('hex')}`;
  const channelIds = Array.from({ length: 100 }, hash);
  const metrics = ['input_tokens', 'output_tokens'].map((metric) => ({ metric, amount: 5n }));
  const same = { tokenId: 1n, classId: 1n, policyHash: hash(), requestHash: hash(), responseHash: hash(), metrics };
  const call = (number) => ({
    ...same,
    channelId: channelIds[number % channelIds.length],
    units: 10n,
    salt: hash(),
    issuedAt: BigInt(Math.floor(Date.now() / 1_000)),
    hasWindows: false,
  });
  for (let done = 0; done < calls; done += 512) {
    await Promise.all(Array.from({ length: Math.min(512, calls - done) }, (_, at) => ledger.commit(call(done + at))));
  }
  await ledger.close();
}

function opened(path) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [fileURLToPath(import.meta.url), '--open', path]);
  if (status !== 0) throw new Error(String(stderr));
  return JSON.parse(String(stdout));
}

/** As if no checkpoint had been made. */
function without(folder, work) {
  const checkpoints = readdirSync(folder).filter((name) => name.endsWith('.checkpoint'));
  for (const name of checkpoints) renameSync(join(folder, name), join(folder, `${name}.away`));
  try {
    return work();
  } finally {
    for (const name of checkpoints) renameSync(join(folder, `${name}.away`), join(folder, name));
  }
}
