// How long programs take from their start to their end: what `kedge` and the programs of `kedge up` load, bundled and as the
// compiler wrote it, in turns. The gateway and the agent end when they have read a configuration that is none.
//   node bench/start.mjs [--json] [--runs 11]
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { hexToBytes, merkleTree, neededContracts, receiptBatchDigest, receiptLeaf } from '@kedge/core';
import { keccak256 as viemKeccak256 } from 'viem';
import { mnemonicToAccount } from 'viem/accounts';
import { bundleFolder, isBundleFresh, readRecord } from '../packages/cli/bin/bundled.js';
import { medianOf, noiseOf, rounded } from './gateway/figures.mjs';

const { values } = parseArgs({ options: { json: { type: 'boolean' }, runs: { type: 'string', default: '11' } } });
if (!isBundleFresh()) throw new Error('the bundle is not of what is built: npm run build');
const bundle = fileURLToPath(bundleFolder);
const dist = (name) => fileURLToPath(new URL(`../packages/${name}/dist/main.js`, import.meta.url));
const cwd = mkdtempSync(join(tmpdir(), 'kedge-bench-'));
writeFileSync(join(cwd, 'none.json'), '{}');
await writeReceipt();

// A command goes through bin/kedge.js, as npm links it, which first compares the bundle with what is built.
const kedge = {
  bundled: fileURLToPath(new URL('../packages/cli/bin/kedge.js', import.meta.url)),
  compiled: dist('cli'),
};
const cases = [
  ['kedge --help', kedge, ['--help'], 0],
  ['kedge status --json', kedge, ['status', '--json'], 1],
  ['kedge verify --offline', kedge, ['verify', '--offline', 'receipt.json', '--contracts', 'contracts.json'], 0],
  ['kedge claim --help', kedge, ['claim', '--help'], 0],
  ['gateway', { bundled: join(bundle, 'gateway.js'), compiled: dist('gateway') }, ['--config', 'none.json'], 1],
  ['agent', { bundled: join(bundle, 'agent.js'), compiled: dist('agent') }, ['--config', 'none.json'], 1],
  ['node, and nothing', { bundled: '--eval=0', compiled: '--eval=0' }, [], 0],
];
const noise = noiseOf();
const taken = cases.map(() => ({ bundled: [], compiled: [] }));
try {
  for (let run = 0; run < Number(values.runs); run++) {
    for (const [at, [, programs, args, code]] of cases.entries()) {
      for (const build of ['bundled', 'compiled']) taken[at][build].push(measure(programs[build], args, code));
    }
  }
} finally {
  rmSync(cwd, { recursive: true, force: true });
}

const rows = cases.map(([name], at) => {
  const { bundled, compiled } = taken[at];
  const ratio = medianOf(bundled.map((milliseconds, run) => milliseconds / compiled[run]));
  return {
    name,
    bundledMs: Math.round(medianOf(bundled)),
    compiledMs: Math.round(medianOf(compiled)),
    ratio: rounded(ratio),
  };
});
const bytes = (isMap) =>
  readRecord()
    .files.filter((file) => file.endsWith('.map') === isMap)
    .reduce((sum, file) => sum + statSync(join(bundle, file)).size, 0);
const summary = { runs: Number(values.runs), rows, bundleBytes: bytes(false), mapBytes: bytes(true), noise: noise() };
if (values.json) process.stdout.write(`${JSON.stringify(summary)}\n`);
else {
  const line = (...columns) =>
    process.stdout.write(
      `${columns.map((text, at) => (at === 0 ? text.padEnd(24) : String(text).padStart(12))).join('')}\n`,
    );
  line('', 'bundled ms', 'compiled ms', 'ratio');
  for (const { name, bundledMs, compiledMs, ratio } of rows) line(name, bundledMs, compiledMs, ratio);
  process.stdout.write(
    `the bundle has ${rounded(summary.bundleBytes / 1e6)} MB, its maps ${rounded(summary.mapBytes / 1e6)} MB\n` +
      `noise: load average ${summary.noise.load.join(' before, ')} after on ${summary.noise.cores} cores\n`,
  );
}

/** The first receipt of the test vectors, signed by a development account, and the contracts it was signed for. */
async function writeReceipt() {
  const vectors = JSON.parse(
    readFileSync(new URL('../packages/core/test/vectors/receipt.json', import.meta.url), 'utf8'),
  );
  const keccak256 = (bytes) => viemKeccak256(bytes, 'bytes');
  const leaf = receiptLeaf(vectors.hashes[0], keccak256);
  const tree = merkleTree([hexToBytes(leaf)], keccak256);
  const operator = mnemonicToAccount('test test test test test test test test test test test junk', {
    addressIndex: 2,
  });
  const domain = { chainId: 31337, verifyingContract: '0xcf7ed3acca5a467e9e704c703e8d87f634fb0fc9' };
  const batch = { operator: operator.address, epoch: 1n, batch: 1n, root: tree.root };
  const signed = {
    receipt: vectors.receipts[0],
    batch: { ...batch, epoch: '1', batch: '1' },
    path: tree.pathOf(0),
    signature: await operator.sign({ hash: receiptBatchDigest(domain, batch, keccak256) }),
    signer: operator.address,
    salt: `0x${'00'.repeat(32)}`,
  };
  writeFileSync(join(cwd, 'receipt.json'), JSON.stringify(signed));
  const contracts = Object.fromEntries(neededContracts.map((name) => [name, domain.verifyingContract]));
  writeFileSync(join(cwd, 'contracts.json'), JSON.stringify({ chainId: domain.chainId, contracts }));
}

function measure(program, args, code) {
  const started = performance.now();
  const { status, stderr } = spawnSync(process.execPath, [program, ...args], { cwd, encoding: 'utf8' });
  const milliseconds = performance.now() - started;
  if (status !== code) throw new Error(`${program} ${args.join(' ')} ended with ${status}, not ${code}: ${stderr}`);
  return milliseconds;
}
