// Streams of 50 chunks through the gateway and through a bare proxy, in turns, in one run: how many a second when chunks come as
// fast as they can, and how late a chunk is when one comes each 10 ms. Every event has to arrive as it was sent.
//   node bench/streams.mjs [--json] [--runs 5] [--peers]
import { parseArgs } from 'node:util';
import { medianOf, noiseOf, rounded } from './gateway/figures.mjs';
import { cpuMicroseconds, installPeers, withPrograms } from './gateway/processes.mjs';

const { values } = parseArgs({
  options: {
    json: { type: 'boolean' },
    runs: { type: 'string', default: '5' },
    peers: { type: 'boolean', default: false },
  },
});
const runs = Number(values.runs);
const forms = {
  burst: { paceMs: 0, count: 400, connections: 16 },
  paced: { paceMs: 10, count: 200, connections: 20 },
};
const titles = { bare: 'bare streamed undici', gateway: 'gateway, durable', fastify: 'Fastify http-proxy' };

if (values.peers) installPeers();
const noise = noiseOf();
const results = {};
await withPrograms(async ({ begin, dir }) => {
  const origin = await begin('upstream', 1);
  const upstream = origin.url;
  const load = await begin('streamLoad', 1);
  const programs = {
    bare: await begin('bareProxy', 0, { upstream }),
    gateway: await begin('kedgeGateway', 0, { upstream, dir, channels: 1 }),
    ...(values.peers ? { fastify: await begin('fastifyProxy', 0, { upstream }) } : {}),
  };
  for (const { url } of Object.values(programs)) await load.ask({ url, upstream, count: 400, connections: 16 });
  for (const [form, { paceMs, count, connections }] of Object.entries(forms)) {
    await origin.ask({ paceMs });
    const byName = (results[form] = Object.fromEntries(Object.keys(programs).map((name) => [name, []])));
    for (let run = 0; run < runs; run++) {
      for (const [name, { url, pid }] of Object.entries(programs)) {
        const before = cpuMicroseconds(pid);
        const result = await load.ask({ url, upstream, count, connections });
        const cpu = cpuMicroseconds(pid);
        byName[name].push({ ...result, cpuUs: cpu === undefined ? undefined : (cpu - before) / count });
      }
    }
  }
});

const fields = ['perSecond', 'lagP50us', 'lagP99us', 'cpuUs'];
const summary = { runs, noise: noise() };
for (const [form, byName] of Object.entries(results)) {
  summary[form] = { ratioToBare: {} };
  for (const [name, list] of Object.entries(byName)) {
    summary[form][name] = Object.fromEntries(
      fields.map((field) => [field, Math.round(medianOf(list.map((result) => result[field])))]),
    );
  }
  for (const field of fields) {
    const each = byName.gateway.map((result, run) => result[field] / byName.bare[run][field]);
    summary[form].ratioToBare[field] = rounded(medianOf(each));
  }
}
if (values.json) process.stdout.write(`${JSON.stringify(summary)}\n`);
else print();

function print() {
  const lines = [`streams of 50 chunks, medians of ${runs} runs; every event arrived as it was sent`];
  for (const [form, { count, connections, paceMs }] of Object.entries(forms)) {
    const pace = paceMs > 0 ? `a chunk each ${paceMs} ms` : 'chunks as fast as they can';
    lines.push('', `${pace}: ${count} streams over ${connections} connections`);
    lines.push('                     streams/s  lag p50 us  lag p99 us  CPU us/stream');
    for (const name in results[form]) {
      const columns = fields.map((field) => String(summary[form][name][field] || '-').padStart(10)).join('  ');
      lines.push(`${titles[name].padEnd(20)}${columns}`);
    }
    const { perSecond, lagP50us, lagP99us, cpuUs } = summary[form].ratioToBare;
    lines.push(
      `gateway to bare: streams ${perSecond}, lag p50 ${lagP50us}, p99 ${lagP99us}, CPU ${cpuUs || '-'} times`,
    );
  }
  const { load, cores } = summary.noise;
  lines.push('', `noise: load average ${load.join(' before, ')} after on ${cores} cores`);
  process.stdout.write(`${lines.join('\n')}\n`);
}
