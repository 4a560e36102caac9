// What appending together is worth: the gateway's own log, one record of 128 bytes at a time, awaited by one caller and by many.
//   node bench/log.mjs [--json] [--runs 5] [--dir folder on the disk to measure]
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openRecordLog } from '../packages/gateway/dist/ledger/recordLog.js';
import { createStructuredLog } from '../packages/gateway/dist/structuredLog.js';
import { medianOf, noiseOf, rounded } from './gateway/figures.mjs';

const { values } = parseArgs({
  options: {
    json: { type: 'boolean' },
    runs: { type: 'string', default: '5' },
    dir: { type: 'string', default: tmpdir() },
  },
});
const runs = Number(values.runs);
const milliseconds = 1_500;
const record = Buffer.alloc(128, 7);
const log = createStructuredLog((line) => process.stderr.write(line), Date.now);
const noise = noiseOf();

const results = { 1: [], 256: [] };
for (let run = 0; run < runs; run++) {
  for (const callers of Object.keys(results).map(Number)) results[callers].push(await measure(callers));
}
const median = (callers, field) => medianOf(results[callers].map((result) => result[field]));
const summary = {
  runs,
  ...Object.fromEntries(
    Object.keys(results).map((callers) => [
      callers,
      Object.fromEntries(
        ['perSecond', 'p50us', 'syncsPerSecond'].map((field) => [field, Math.round(median(callers, field))]),
      ),
    ]),
  ),
  ratio: rounded(medianOf(results[256].map(({ perSecond }, run) => perSecond / results[1][run].perSecond))),
  noise: noise(),
};
if (values.json) process.stdout.write(`${JSON.stringify(summary)}\n`);
else {
  process.stdout.write('callers   appends/s   p50 us   syncs/s\n');
  for (const callers in results) {
    const { perSecond, p50us, syncsPerSecond } = summary[callers];
    const columns = [perSecond, p50us, syncsPerSecond].map((value) => String(value).padStart(9)).join(' ');
    process.stdout.write(`${callers.padStart(7)} ${columns}\n`);
  }
  const { load, cores } = summary.noise;
  process.stdout.write(
    `256 callers append ${summary.ratio} times as many, median of ${runs} runs\n` +
      `noise: load average ${load.join(' before, ')} after on ${cores} cores\n`,
  );
}

async function measure(callers) {
  const dir = mkdtempSync(join(values.dir, 'kedge-bench-'));
  const records = await openRecordLog(join(dir, 'log'), () => undefined, log);
  const waits = [];
  const begun = performance.now();
  const caller = async () => {
    for (let now = performance.now(); now - begun < milliseconds; now = performance.now()) {
      await records.append(1, [record]);
      waits.push(performance.now() - now);
    }
  };
  await Promise.all(Array.from({ length: callers }, caller));
  const seconds = (performance.now() - begun) / 1000;
  const syncsPerSecond = records.flushCount() / seconds;
  await records.close();
  rmSync(dir, { recursive: true, force: true });
  return { perSecond: waits.length / seconds, p50us: medianOf(waits) * 1000, syncsPerSecond };
}
