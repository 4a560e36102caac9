// What a ledger that gateways share costs: calls a second with a log, with PostgreSQL and one gateway, and with three. All take
// turns in one run on one machine, so the three show the cost of passing calls on, not what three machines do.
//   node bench/sharedLedger.mjs [--json] [--runs 5] [--requests 4000]
import { fork } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { createGateway } from '@kedge/gateway';
import { gatewayNodeFlags } from '@kedge/gateway/nodeFlags';
import { startPostgres } from '@kedge/testing';
import { Pool } from 'undici';
import { keyOf } from './gateway/bodies.mjs';
import { chainConfig, operatorKey, writeChannels } from './gateway/channels.mjs';

const { values } = parseArgs({
  options: {
    role: { type: 'string' },
    json: { type: 'boolean' },
    runs: { type: 'string', default: '5' },
    requests: { type: 'string', default: '4000' },
    connections: { type: 'string', default: '32' },
  },
});
const channelCount = 12;
const openedAt = Math.floor(Date.now() / 1000);

if (values.role === 'gateway') await gateway();
else await main();

async function gateway() {
  const config = await new Promise((resolve) => process.once('message', resolve));
  const refuse = () => Promise.reject(new Error('nothing is captured here'));
  const chain = {
    readChannel: async ({ cap }) => ({
      open: true,
      capturedUnits: 0n,
      remainingUnits: cap,
      capturableUnits: cap,
      openedAt: BigInt(openedAt),
      policyHash: config.policyHash,
    }),
    readCurrentPolicy: async () => ({ hash: config.policyHash, uri: '' }),
    readLot: async () => undefined,
    head: refuse,
    minedNonce: refuse,
    signCapture: refuse,
    send: refuse,
    reprice: refuse,
    outcomeOf: refuse,
  };
  const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };
  const running = await createGateway(config.gateway, { chain, log: quiet, env: { KEY: operatorKey } });
  process.send({ url: running.url });
}

async function main() {
  const dir = mkdtempSync(join(tmpdir(), 'kedge-bench-'));
  // With fsync, as an operator runs it.
  const postgres = await startPostgres([]);
  const answer = JSON.stringify({
    id: 'chatcmpl-bench',
    object: 'chat.completion',
    created: 1_700_000_000,
    model: 'bench',
    choices: [{ index: 0, message: { role: 'assistant', content: 'word '.repeat(150) }, finish_reason: 'stop' }],
  });
  const upstream = createServer((request, response) => {
    request.resume().on('end', () => response.writeHead(200, { 'content-type': 'application/json' }).end(answer));
  });
  await new Promise((resolve) => upstream.listen(0, '127.0.0.1', resolve));
  const upstreamUrl = `http://127.0.0.1:${upstream.address().port}`;
  const children = [];
  const start = async (name, more) => {
    const child = fork(fileURLToPath(import.meta.url), ['--role', 'gateway'], {
      execArgv: [...gatewayNodeFlags],
    });
    children.push(child);
    child.send(setupOf(join(dir, name), upstreamUrl, more));
    const [{ url }] = await Promise.race([
      new Promise((resolve) => child.once('message', (message) => resolve([message]))),
      new Promise((_, reject) => child.once('exit', () => reject(new Error(`${name} did not start`)))),
    ]);
    return url;
  };
  try {
    const embedded = await start('embedded', {});
    const ledger = postgres.url;
    const first = await start('shared-0', { ledger });
    const setups = { 'a log in the data folder': [embedded], 'PostgreSQL, one gateway': [first] };
    const results = new Map();
    const measureAll = async (requests, isKept) => {
      for (const [name, urls] of Object.entries(setups)) {
        const result = await measure(urls, requests);
        if (isKept) results.set(name, [...(results.get(name) ?? []), result]);
      }
    };
    await measureAll(1_000, false);
    // All channels are held by the first: what comes to the others is passed on.
    setups['PostgreSQL, three gateways, 2 of 3 calls passed on'] = [
      first,
      await start('shared-1', { ledger }),
      await start('shared-2', { ledger }),
    ];
    await measureAll(1_000, false);
    const loadBefore = loadavg()[0];
    for (let run = 0; run < Number(values.runs); run++) await measureAll(Number(values.requests), true);
    report(results, loadBefore);
  } finally {
    for (const child of children) child.kill('SIGKILL');
    upstream.closeAllConnections();
    upstream.close();
    await postgres.close();
    rmSync(dir, { recursive: true, force: true });
  }
}

function setupOf(dataDir, upstreamUrl, more) {
  const channelsFile = `${dataDir}.channels.json`;
  const policyHash = writeChannels(channelsFile, { count: channelCount, rates: { requests: '1' }, openedAt });
  const gatewayConfig = {
    dataDir,
    upstream: { url: upstreamUrl },
    ...chainConfig,
    contentStoreDir: `${dataDir}.store`,
    channelsFile,
    batchIntervalMs: 600_000,
    batchMaxReceipts: 10_000_000,
    ...more,
  };
  return { policyHash, gateway: gatewayConfig };
}

/** Each connection has one call in flight; calls go through the channels and the gateways in turns. */
async function measure(urls, requests) {
  const pools = urls.map((url) => new Pool(url, { connections: Number(values.connections), pipelining: 1 }));
  const body = JSON.stringify({ model: 'bench', messages: [{ role: 'user', content: 'word '.repeat(60) }] });
  const latencies = [];
  let sent = 0;
  const begun = performance.now();
  const caller = async () => {
    while (sent < requests) {
      const index = sent++;
      const sentAt = performance.now();
      const response = await pools[index % pools.length].request({
        method: 'POST',
        path: '/v1/chat/completions',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${keyOf(index, channelCount)}` },
        body,
      });
      const text = await response.body.text();
      if (response.statusCode !== 200) throw new Error(text);
      latencies.push(performance.now() - sentAt);
    }
  };
  await Promise.all(Array.from({ length: Number(values.connections) }, caller));
  const seconds = (performance.now() - begun) / 1000;
  await Promise.all(pools.map((pool) => pool.close()));
  latencies.sort((a, b) => a - b);
  const at = (part) => latencies[Math.floor(latencies.length * part)] ?? 0;
  return { perSecond: requests / seconds, p50: at(0.5), p99: at(0.99) };
}

function report(results, loadBefore) {
  const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];
  const base = results.values().next().value;
  const rows = [...results].map(([name, runs]) => ({
    name,
    perSecond: Math.round(median(runs.map(({ perSecond }) => perSecond))),
    ofLog: Number(median(runs.map(({ perSecond }, run) => perSecond / base[run].perSecond)).toFixed(2)),
    p50ms: Number(median(runs.map(({ p50 }) => p50)).toFixed(1)),
    p99ms: Number(median(runs.map(({ p99 }) => p99)).toFixed(1)),
  }));
  const machine = `${cpus()[0]?.model}, ${cpus().length} cores, load ${loadBefore.toFixed(1)}`;
  if (values.json) return console.log(JSON.stringify({ machine, connections: Number(values.connections), rows }));
  console.log(
    `${machine}; ${values.connections} connections, ${channelCount} channels, median of ${values.runs} runs\n`,
  );
  console.log('| Ledger | calls/s | of a log | p50 ms | p99 ms |');
  console.log('| --- | ---: | ---: | ---: | ---: |');
  for (const { name, perSecond, ofLog, p50ms, p99ms } of rows) {
    console.log(`| ${name} | ${perSecond} | ${ofLog} | ${p50ms} | ${p99ms} |`);
  }
}
