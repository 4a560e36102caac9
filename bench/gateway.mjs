// Durable metering against a bare streamed proxy, in one run. Four processes: the upstream and the load on one processor, the
// program under test alone on the other. Programs take turns, so that what else the machine does hits all; what counts is the
// median of the runs' ratios.
//   node bench/gateway.mjs [--json] [--runs 5] [--requests 20000] [--connections 32]
//   node bench/gateway.mjs --peers                         also Fastify's proxy and Portkey's gateway, which are installed first
//   node bench/gateway.mjs --workers 2 [--channels 16]     also the same gateway with so many workers, over so many channels
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { medianOf, noiseOf, rounded, spreadOf } from './gateway/figures.mjs';
import { cpuMicroseconds, installPeers, resultOf, withPrograms } from './gateway/processes.mjs';

const { values } = parseArgs({
  options: {
    json: { type: 'boolean' },
    runs: { type: 'string', default: '5' },
    requests: { type: 'string', default: '20000' },
    connections: { type: 'string', default: '32' },
    peers: { type: 'boolean', default: false },
    workers: { type: 'string' },
    channels: { type: 'string' },
  },
});
const channels = Number(values.channels ?? (values.workers === undefined ? 1 : 16));
const [runs, requests, connections] = [Number(values.runs), Number(values.requests), Number(values.connections)];
const titles = {
  bare: 'bare streamed undici',
  gateway: 'gateway, durable',
  workers: `with ${values.workers} workers`,
  fastify: 'Fastify http-proxy',
  portkey: 'Portkey gateway',
};
// Of a program that serves a tenth as many, fewer take as long.
const partOf = (name) => (name === 'portkey' ? 10 : 1);

if (values.peers) installPeers();
const noise = noiseOf();
const results = {};
const costs = await withPrograms(async ({ begin, dir }) => {
  const { url: upstream } = await begin('upstream', 1);
  const load = await begin('load', 1);
  const programs = {
    bare: await begin('bareProxy', 0, { upstream }),
    gateway: await begin('kedgeGateway', 0, { upstream, dir, channels }),
  };
  if (values.workers !== undefined) {
    const own = { dir: mkdtempSync(join(dir, 'workers-')), workers: values.workers };
    programs.workers = await begin('kedgeGateway', 0, { upstream, channels, ...own });
  }
  if (values.peers) {
    programs.fastify = await begin('fastifyProxy', 0, { upstream });
    programs.portkey = await begin('portkeyGateway', 0);
  }
  const measure = (name, count) =>
    load.ask({ url: programs[name].url, upstream, count: Math.ceil(count / partOf(name)), connections, channels });
  for (const name in programs) {
    results[name] = [];
    await measure(name, 20_000);
  }
  for (let run = 0; run < runs; run++) {
    for (const [name, { pid }] of Object.entries(programs)) {
      const before = cpuMicroseconds(pid);
      const result = await measure(name, requests);
      const cpu = cpuMicroseconds(pid);
      const cpuUs = cpu === undefined ? undefined : (cpu - before) / Math.ceil(requests / partOf(name));
      results[name].push({ ...result, cpuUs });
    }
  }
  return resultOf('stages', { dir });
});

const fields = ['perSecond', 'p50us', 'p99us', 'cpuUs'];
const medians = Object.fromEntries(
  Object.entries(results).map(([name, list]) => [
    name,
    Object.fromEntries(fields.map((field) => [field, Math.round(medianOf(list.map((result) => result[field])))])),
  ]),
);
/** The gateway's figure through another program's, run by run. */
const ratiosTo = (name, field) => results.gateway.map((result, run) => result[field] / results[name][run][field]);
const ratios = Object.fromEntries(
  Object.keys(results)
    .filter((name) => name !== 'gateway')
    .map((name) => [name, rounded(medianOf(ratiosTo(name, 'perSecond')))]),
);
const speedsOf = (name) => results[name].map(({ perSecond }) => perSecond);
const summary = {
  connections,
  requests,
  runs,
  ...medians,
  ratios,
  ratiosToBare: ratiosTo('bare', 'perSecond').map(rounded),
  cpuRatio: rounded(medianOf(ratiosTo('bare', 'cpuUs'))),
  noise: { ...noise(), spread: { bare: spreadOf(speedsOf('bare')), gateway: spreadOf(speedsOf('gateway')) } },
  stagesUs: costs,
};
if (values.json) process.stdout.write(`${JSON.stringify(summary)}\n`);
else print(summary);

function print({ ratiosToBare, cpuRatio, noise: { load, cores, spread } }) {
  const lines = [
    `${connections} connections, 1 kB JSON answers, ${requests} requests a run, medians of ${runs} runs`,
    '                        req/s   p50 us   p99 us   CPU us/req   gateway is',
    ...Object.entries(medians).map(([name, figures]) => {
      const columns = fields.map((field) => String(figures[field] || '-').padStart(8)).join(' ');
      return `${titles[name].padEnd(20)} ${columns}${name in ratios ? `${String(ratios[name]).padStart(12)} times` : ''}`;
    }),
    `to the bare proxy, run by run: ${ratiosToBare.join(', ')}; CPU a request ${cpuRatio || '-'} times`,
    `noise: load average ${load.join(' before, ')} after on ${cores} cores; fastest to slowest run: ` +
      `bare ${spread.bare}, gateway ${spread.gateway} times`,
    '',
    'us a call, each step alone; what a batch shares is divided by 30 receipts, about what its batches have',
    ...Object.entries(costs).map(([name, cost]) => `  ${name.padEnd(18)} ${cost.toFixed(2).padStart(7)}`),
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}
