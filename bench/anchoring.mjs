// Anchoring (file hash, UnixFS CID and Merkle root in one read, no store) against plain SHA-256 of the same file on one
// thread; and the memory of anchoring with store writes, each size in a process of its own.
//
// Method: pseudo-random file in the page cache; pairs of runs, interleaved so that a slower moment of the machine meets
// both; median of the pairs' ratios. Plain is the fastest reader that node:crypto allows: synchronous reads of 1 MiB
// into one buffer. `node bench/anchoring.mjs --memory` also anchors 2 GiB into a store (needs 4 GiB of disk).
import { spawnSync } from 'node:child_process';
import { createCipheriv, createHash } from 'node:crypto';
import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { anchorPath, createContentStore } from '@kedge/store';
import { keccak256 as viemKeccak256 } from 'viem';

const keccak256 = (bytes) => viemKeccak256(bytes, 'bytes');
const MiB = 1024 * 1024;

/** Ratio and GB/s of anchoring, on two threads and on one. */
export async function measureAnchoring({ size = 512 * MiB, pairs = 5 } = {}) {
  return inTemporaryFolder(async (folder) => {
    const file = path.join(folder, 'data.bin');
    writeLarge(file, size);
    const anchor = (thread) => anchorPath({ path: file, keccak256, thread });
    plainSha256(file);
    await anchor('auto');
    const rows = [];
    for (const thread of ['auto', 'never']) {
      const ratios = [];
      const speeds = [];
      const plainSpeeds = [];
      for (let pair = 0; pair < pairs; pair++) {
        const plain = await secondsOf(() => plainSha256(file));
        const anchored = await secondsOf(() => anchor(thread));
        ratios.push(plain / anchored);
        speeds.push(size / 1e9 / anchored);
        plainSpeeds.push(size / 1e9 / plain);
      }
      rows.push({
        threads: thread === 'auto' ? Math.min(2, availableParallelism()) : 1,
        ratio: median(ratios),
        gigabytesPerSecond: median(speeds),
        plainGigabytesPerSecond: median(plainSpeeds),
      });
    }
    return { size, pairs, rows };
  });
}

/** Peak resident memory, in MiB, of a process that anchors a file of `size` bytes with store writes. */
export function measureAnchoringMemory({ size = 2048 * MiB } = {}) {
  return inTemporaryFolder((folder) => {
    writeLarge(path.join(folder, 'data.bin'), size);
    const child = spawnSync(process.execPath, [fileURLToPath(import.meta.url), '--child', folder], {
      encoding: 'utf8',
    });
    if (child.status !== 0) throw new Error(`The anchoring process failed:\n${child.stderr}`);
    return { size, ...JSON.parse(child.stdout) };
  });
}

async function anchorAndReport(folder) {
  const store = createContentStore({ dir: path.join(folder, 'store') });
  const seconds = await secondsOf(() => anchorPath({ path: path.join(folder, 'data.bin'), keccak256, store }));
  // maxRSS is in KiB.
  console.log(JSON.stringify({ seconds, peakMiB: process.resourceUsage().maxRSS / 1024 }));
}

function plainSha256(file) {
  const handle = openSync(file);
  const buffer = Buffer.allocUnsafe(MiB);
  const hash = createHash('sha256');
  for (let read = readSync(handle, buffer); read > 0; read = readSync(handle, buffer))
    hash.update(buffer.subarray(0, read));
  closeSync(handle);
  return hash.digest('hex');
}

function writeLarge(file, size) {
  const cipher = createCipheriv('aes-128-ctr', Buffer.alloc(16), Buffer.alloc(16));
  const zeros = Buffer.alloc(MiB);
  const handle = openSync(file, 'w');
  for (let written = 0; written < size; written += MiB) writeSync(handle, cipher.update(zeros));
  closeSync(handle);
}

async function inTemporaryFolder(work) {
  const folder = mkdtempSync(path.join(tmpdir(), 'kedge-bench-'));
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function secondsOf(work) {
  const begun = process.hrtime.bigint();
  await work();
  return Number(process.hrtime.bigint() - begun) / 1e9;
}

function median(values) {
  return values.toSorted((left, right) => left - right)[Math.floor(values.length / 2)];
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (process.argv[2] === '--child') await anchorAndReport(process.argv[3]);
  else {
    const { size, pairs, rows } = await measureAnchoring();
    console.log(`Anchoring ${size / MiB} MiB against plain SHA-256, medians of ${pairs} interleaved pairs:`);
    for (const { threads, ratio, gigabytesPerSecond, plainGigabytesPerSecond } of rows) {
      console.log(
        `  ${threads} thread(s): ratio ${ratio.toFixed(2)} (${gigabytesPerSecond.toFixed(2)} GB/s, plain ${plainGigabytesPerSecond.toFixed(2)} GB/s)`,
      );
    }
    if (process.argv.includes('--memory')) {
      const { size: bytes, seconds, peakMiB } = await measureAnchoringMemory();
      console.log(
        `Anchoring ${bytes / MiB} MiB into a store: ${peakMiB.toFixed(0)} MiB resident, ${seconds.toFixed(1)} s`,
      );
    }
  }
}
