// Durable metering against a bare streamed proxy, in one run. Four processes: the upstream and the load on one core, the
// proxy under test alone on the other. The two proxies take turns, so that what else the machine does hits both; what counts
// is the median of the runs' ratios.
//   node bench/gateway.mjs [--json] [--runs 5] [--requests 20000]
//   node bench/gateway.mjs --workers 2 [--channels 16]   also the same gateway with so many workers, over so many channels
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fdatasyncSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { createServer } from 'node:http';
import { connect, createServer as createTcpServer } from 'node:net';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { gatewayNodeFlags } from '../packages/gateway/dist/nodeFlags.js';

const self = fileURLToPath(import.meta.url);
const { values } = parseArgs({
  options: {
    role: { type: 'string' },
    json: { type: 'boolean' },
    runs: { type: 'string', default: '5' },
    requests: { type: 'string', default: '20000' },
    upstream: { type: 'string' },
    dir: { type: 'string' },
    connections: { type: 'string', default: '32' },
    profile: { type: 'boolean' },
    workers: { type: 'string' },
    channels: { type: 'string' },
  },
});
const channels = Number(values.channels ?? (values.workers === undefined ? 1 : 16));
const keyOf = (index) => `kedge_bench_key_${index % channels}`;
const connections = Number(values.connections);

// 1,030 bytes of chat completion, and a request of about 340 bytes.
const content =
  'Kedge anchors datasets, models and agents on a chain, meters what they are used for, and pays everyone upstream. '
    .repeat(7)
    .slice(0, 735);
const answer = JSON.stringify({
  id: 'chatcmpl-bench0000000000000000000000',
  object: 'chat.completion',
  created: 1_700_000_000,
  model: 'bench',
  choices: [
    { index: 0, message: { role: 'assistant', content, refusal: null }, logprobs: null, finish_reason: 'stop' },
  ],
  usage: { prompt_tokens: 46, completion_tokens: 157, total_tokens: 203 },
});
const question = JSON.stringify({
  model: 'bench',
  messages: [
    {
      role: 'system',
      content: 'You answer questions about provenance and metering of AI services in two or three sentences.',
    },
    {
      role: 'user',
      content: 'What does the gateway do between the moment a request arrives and the moment its answer leaves?',
    },
  ],
  max_tokens: 256,
  temperature: 0.2,
});

const roles = { upstream, bare, gateway, load, stages };
if (values.role === undefined) await main();
else await roles[values.role]();

/** Plain sockets and fixed bytes, so that it takes little of the core it shares with the load. */
async function upstream() {
  const reply = Buffer.from(
    `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(answer)}\r\n\r\n${answer}`,
  );
  const server = createTcpServer({ noDelay: true }, (socket) => {
    const read = messageReader(() => socket.write(reply));
    socket.on('data', read);
    socket.on('error', () => socket.destroy());
  });
  server.listen(0, '127.0.0.1', () => ready(`http://127.0.0.1:${server.address().port}`));
}

/** Calls back after each whole HTTP message with a content-length, with the first bytes of its head. One message at a time. */
function messageReader(onMessage) {
  let head = '';
  let missing = 0;
  return (chunk) => {
    if (missing > 0) missing -= chunk.length;
    else {
      head += chunk.latin1Slice();
      const end = head.indexOf('\r\n\r\n');
      if (end < 0) return;
      missing = end + 4 + Number(/content-length: *(\d+)/i.exec(head)?.[1] ?? 0) - head.length;
    }
    if (missing > 0) return;
    const whole = head;
    head = '';
    missing = 0;
    onMessage(whole);
  };
}

async function bare() {
  const { Pool } = await import('undici');
  const pool = new Pool(values.upstream, { connections: 128, pipelining: 1 });
  const server = createServer((request, response) => {
    pool.dispatch(
      {
        path: request.url,
        method: request.method,
        body: request,
        headers: { 'content-type': 'application/json', 'content-length': request.headers['content-length'] },
      },
      {
        onRequestStart() {},
        onResponseStart(_, status, headers) {
          response.writeHead(status, {
            'content-type': headers['content-type'],
            'content-length': headers['content-length'],
          });
        },
        onResponseData(controller, chunk) {
          if (response.write(chunk)) return;
          controller.pause();
          response.once('drain', () => controller.resume());
        },
        onResponseEnd() {
          response.end();
        },
        onResponseError() {
          response.destroy();
        },
      },
    );
  });
  server.listen(0, '127.0.0.1', () => ready(`http://127.0.0.1:${server.address().port}`));
}

async function gateway() {
  const { createGateway, tokenizerPin } = await import('../packages/gateway/dist/index.js');
  const { channelIdOf, policyHashOf } = await import('../packages/core/dist/index.js');
  const { keccak256 } = await import('viem');
  const hasher = (bytes) => keccak256(bytes, 'bytes');
  // A development key of the well-known test mnemonic.
  const operatorKey = '0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d';
  const operator = '0x70997970C51812dc3A010C7d01b50e0d17dc79C8';
  const zero = `0x${'0'.repeat(40)}`;
  const contracts = { DataAnchoringToken: zero, ValueChannels: zero };
  const policy = {
    format: 'kedge-policy/1',
    unit: { name: 'unit', decimals: 3 },
    rates: { input_tokens: '1', output_tokens: '3' },
    caps: { outputTokensPerCall: 1024 },
    tokenizer: tokenizerPin(),
    operators: [operator],
    models: ['bench'],
    licence: 'MIT',
  };
  const policyHash = policyHashOf(policy, hasher);
  const now = Math.floor(Date.now() / 1000);
  const terms = {
    holder: operator,
    tokenId: 1n,
    operator,
    channelKey: operator,
    cap: 10n ** 15n,
    rate: 1n,
    burst: 10n ** 15n,
    deadline: BigInt(now + 86_400),
    grace: 86_400,
    mode: 'capped',
  };
  const channelsFile = join(values.dir, 'channels.json');
  const records = Array.from({ length: channels }, (_, index) => {
    const channel = { ...terms, salt: `0x${index.toString(16).padStart(64, '0')}` };
    const channelId = channelIdOf({ chainId: 31337, verifyingContract: zero }, channel, hasher);
    const apiKeySha256 = createHash('sha256').update(keyOf(index)).digest('hex');
    return { apiKeySha256, channel, channelId, classId: '1', policy, policyHash, lotAsset: zero, edges: [] };
  });
  writeFileSync(
    channelsFile,
    JSON.stringify(records, (_, value) => (typeof value === 'bigint' ? `${value}` : value)),
  );
  // The chain is not what is measured: it stands still. Everything else, anchoring blobs included, is the real program.
  const captured = new Map();
  let nonce = 0;
  const chain = {
    readChannel: async (_, channelId) => ({
      open: true,
      capturedUnits: captured.get(channelId) ?? 0n,
      remainingUnits: terms.cap - (captured.get(channelId) ?? 0n),
      capturableUnits: terms.cap - (captured.get(channelId) ?? 0n),
      openedAt: BigInt(now),
      policyHash,
    }),
    readCurrentPolicy: async () => ({ hash: policyHash, uri: '' }),
    readLot: async () => undefined,
    minedNonce: async () => nonce,
    signCapture: async (capture, at) => {
      for (const { voucher } of capture.items) captured.set(voucher.channelId, voucher.cumulativeUnits);
      return { raw: '0x00', hash: `0x${at.toString(16)}`, nonce: at };
    },
    send: async () => void nonce++,
    outcomeOf: async () => ({ succeeded: true, blockNumber: 1n, gasUsed: 0n, failures: [] }),
  };
  const running = await createGateway(
    {
      dataDir: join(values.dir, 'gateway'),
      upstream: { url: values.upstream },
      rpcUrl: 'http://127.0.0.1:1',
      chainId: 31337,
      contracts,
      operatorKeyEnv: 'KEY',
      contentStoreDir: join(values.dir, 'store'),
      channelsFile,
      batchMaxReceipts: 10_000,
      workers: Number(values.workers ?? 1),
    },
    { chain, env: { KEY: operatorKey } },
  );
  process.on('SIGTERM', () => void running.close().then(() => process.exit(0)));
  ready(running.url);
}

/** Each step of a metered call alone, on the same bodies: microseconds a call, best of 5 rounds. */
async function stages() {
  const dist = '../packages/gateway/dist/';
  const core = await import('../packages/core/dist/index.js');
  const { keccak256 } = await import(`${dist}crypto/hashers.js`);
  const { sealReceipt } = await import(`${dist}ledger/sealReceipt.js`);
  const { hashSalted } = await import(`${dist}crypto/hashSalted.js`);
  const { operatorKeyOf } = await import(`${dist}crypto/operatorKey.js`);
  const { tokenizerPin } = await import(`${dist}tokens/tokenizerPin.js`);
  const { chatCompletions } = await import(`${dist}surfaces/chatCompletions.js`);
  const { receiptText } = await import(`${dist}call/receiptText.js`);
  const { encodeBatchRecord } = await import(`${dist}ledger/batchRecord.js`);
  const { encodeFrame } = await import(`${dist}ledger/frame.js`);
  const { receiptTree } = await import(`${dist}ledger/receiptTree.js`);
  const { signedReceiptsOf } = await import(`${dist}ledger/signedReceipts.js`);
  const perBatch = 30;
  const policy = {
    rates: { input_tokens: '1', output_tokens: '3' },
    caps: { outputTokensPerCall: 1024 },
    tokenizer: tokenizerPin(),
    models: ['bench'],
  };
  const [requestBytes, answerBytes] = [Buffer.from(question), Buffer.from(answer)];
  const opened = chatCompletions.open(policy, requestBytes);
  const salt = `0x${'ab'.repeat(32)}`;
  const receipt = {
    channelId: salt,
    tokenId: (7n << 64n) | 1n,
    classId: 7n,
    policyHash: salt,
    seq: (1n << 40n) | 77n,
    requestHash: salt,
    responseHash: salt,
    metrics: [
      { metric: 'input_tokens', amount: 46n },
      { metric: 'output_tokens', amount: 157n },
    ],
    units: 517n,
    cumulativeUnits: 123_456n,
    previousReceiptHash: salt,
    issuedAt: 1_700_000_000n,
  };
  const sealed = sealReceipt(receipt);
  const { receiptHash } = sealed;
  const hashes = Array.from({ length: perBatch }, () => sealed.hashBytes);
  const receipts = hashes.map(() => ({ sealed, receipt, salt }));
  // A development key of the well-known test mnemonic.
  const key = operatorKeyOf('0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d');
  const batch = { operator: key.address, epoch: 1n, batch: 1n, root: receiptHash };
  const separator = core.domainSeparatorOf({ chainId: 31337, verifyingContract: key.address }, keccak256);
  const signature = key.signDigest(receiptHash);
  const signed = signedReceiptsOf({ ...batch, signature, receipts }, key.address)[3];
  const file = openSync(join(values.dir, 'stages.log'), 'w');
  writeSync(file, Buffer.alloc(4 * 1024 * 1024), 0, 4 * 1024 * 1024, 0);
  fdatasyncSync(file);
  const record = encodeBatchRecord(batch, signature, receipts);
  const costs = {};
  const measure = (name, work, calls = 1, rounds = 4_000) => {
    const times = Array.from({ length: 5 }, () => {
      const begun = performance.now();
      for (let round = 0; round < rounds; round++) work();
      return ((performance.now() - begun) * 1000) / rounds / calls;
    });
    costs[name] = Number(Math.min(...times).toFixed(2));
  };
  measure('authenticate', () => createHash('sha256').update(keyOf(0)).digest('hex'));
  measure('parse and quote', () => chatCompletions.open(policy, requestBytes));
  measure('write request', () => opened.forward());
  measure('measure answer', () => opened.measure(answerBytes, answer));
  measure('hash bodies', () => [hashSalted(salt, requestBytes), hashSalted(salt, answerBytes)]);
  measure('hash receipt', () => sealReceipt(receipt));
  measure(
    'tree and paths',
    () => hashes.map((_, index) => receiptTree(hashes).pathOf(index)).length,
    perBatch * perBatch,
    100,
  );
  measure('sign', () => key.signDigest(core.receiptBatchDigest(separator, batch, keccak256)), perBatch, 400);
  measure('encode', () => encodeFrame(0, 3, [encodeBatchRecord(batch, signature, receipts)]), perBatch, 400);
  measure('write and sync', () => (writeSync(file, record, 0, record.length, 0), fdatasyncSync(file)), perBatch, 60);
  measure('receipt text', () => receiptText(signed));
  closeSync(file);
  process.stdout.write(`${JSON.stringify(costs)}\n`);
}

function ready(url) {
  process.stdout.write(`${JSON.stringify({ ready: true, url })}\n`);
}

/** Runs a role to its end; its one line of JSON. */
async function result(role, ...args) {
  const child = spawn(process.execPath, [self, '--role', role, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  for await (const line of createInterface({ input: child.stdout })) return JSON.parse(line);
  throw new Error(`${role} said nothing`);
}

async function start(role, cpu, ...args) {
  const command = [
    // As `kedge up` starts it.
    ...(role === 'gateway' ? gatewayNodeFlags : []),
    ...(values.profile && role.startsWith('gateway') ? ['--cpu-prof', '--cpu-prof-dir=/tmp/kedge-bench-profile'] : []),
    self,
    '--role',
    role,
    ...args,
  ];
  const [program, ...before] = existsSync('/usr/bin/taskset')
    ? ['taskset', '-c', cpu, process.execPath]
    : [process.execPath];
  const child = spawn(program, [...before, ...command], { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const { done, value } = await lines.next();
  if (done) throw new Error(`${role} did not start`);
  return {
    url: JSON.parse(value).url,
    pid: child.pid,
    /** Sends one line and waits for the answer's. */
    ask: async (question) => {
      child.stdin.write(`${JSON.stringify(question)}\n`);
      const { done, value } = await lines.next();
      if (done) throw new Error(`${role} ended early`);
      return JSON.parse(value);
    },
    stop: () =>
      new Promise((resolve) => {
        child.once('exit', resolve);
        child.kill('SIGTERM');
      }),
  };
}

/** Waits for lines of {url, count} and answers each with a line of what was measured. */
async function load() {
  ready('');
  for await (const line of createInterface({ input: process.stdin })) {
    const { url, count } = JSON.parse(line);
    process.stdout.write(`${JSON.stringify(await measureLoad(url, count))}\n`);
  }
}

/** Keep-alive connections over plain sockets, each with one request in flight. */
async function measureLoad(url, count) {
  const { hostname, port } = new URL(url);
  const bytesOf = (index) =>
    Buffer.from(
      `POST /v1/chat/completions HTTP/1.1\r\nhost: ${hostname}\r\nauthorization: Bearer ${keyOf(index)}\r\n` +
        `content-type: application/json\r\ncontent-length: ${Buffer.byteLength(question)}\r\n\r\n${question}`,
    );
  const latencies = [];
  let left = count;
  const begun = performance.now();
  const connection = (_, index) =>
    new Promise((resolve, reject) => {
      const bytes = bytesOf(index);
      let sentAt = 0;
      const socket = connect({ port: Number(port), host: hostname, noDelay: true });
      const next = () => {
        if (left-- <= 0) {
          socket.end();
          return resolve();
        }
        sentAt = performance.now();
        socket.write(bytes);
      };
      socket.on('connect', next);
      socket.on('error', reject);
      socket.on(
        'data',
        messageReader((text) => {
          if (!text.startsWith('HTTP/1.1 200')) return reject(new Error(text.slice(0, 600)));
          latencies.push(performance.now() - sentAt);
          next();
        }),
      );
    });
  await Promise.all(Array.from({ length: connections }, connection));
  const seconds = (performance.now() - begun) / 1000;
  latencies.sort((a, b) => a - b);
  const at = (part) => Math.round((latencies[Math.floor(latencies.length * part)] ?? 0) * 1000);
  return { perSecond: Math.round(count / seconds), p50us: at(0.5), p99us: at(0.99) };
}

/** CPU time of a process and its children so far, in microseconds; undefined where /proc is not. */
function cpuMicroseconds(pid) {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean);
    return children.reduce((sum, child) => sum + cpuMicroseconds(child), ownMicroseconds(pid));
  } catch {
    return undefined;
  }
}

function ownMicroseconds(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10_000;
}

async function main() {
  const titles = {
    bare: 'bare streamed undici',
    gateway: 'gateway, durable',
    workers: `with ${values.workers} workers`,
  };
  const runs = Number(values.runs);
  const requests = Number(values.requests);
  const dir = mkdtempSync(join(tmpdir(), 'kedge-bench-'));
  const loadBefore = loadavg()[0];
  const origin = await start('upstream', '1');
  const client = await start('load', '1', '--channels', String(channels));
  const proxies = {
    bare: await start('bare', '0', '--upstream', origin.url),
    gateway: await start('gateway', '0', '--upstream', origin.url, '--dir', dir, '--channels', String(channels)),
  };
  if (values.workers !== undefined) {
    const own = mkdtempSync(join(dir, 'workers-'));
    const more = ['--dir', own, '--channels', String(channels), '--workers', values.workers];
    proxies.workers = await start('gateway', '0', '--upstream', origin.url, ...more);
  }
  const results = Object.fromEntries(Object.keys(proxies).map((name) => [name, []]));
  try {
    for (const { url } of Object.values(proxies)) await client.ask({ url, count: 20_000 });
    for (let run = 0; run < runs; run++) {
      for (const [name, { url, pid }] of Object.entries(proxies)) {
        const before = cpuMicroseconds(pid);
        const result = await client.ask({ url, count: requests });
        const cpu = cpuMicroseconds(pid);
        results[name].push({ ...result, cpuUs: cpu === undefined ? undefined : (cpu - before) / requests });
      }
    }
  } finally {
    await Promise.all([...Object.values(proxies), origin, client].map((child) => child.stop()));
  }
  let costs;
  try {
    costs = await result('stages', '--dir', dir);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
  const summary = Object.fromEntries(
    Object.entries(results).map(([name, list]) => [
      name,
      Object.fromEntries(
        ['perSecond', 'p50us', 'p99us', 'cpuUs'].map((field) => [
          field,
          Math.round(median(list.map((result) => result[field]))),
        ]),
      ),
    ]),
  );
  const ratiosOf = (field) => results.gateway.map((result, run) => result[field] / results.bare[run][field]);
  const ratios = ratiosOf('perSecond');
  summary.ratio = rounded(median(ratios));
  summary.ratios = ratios.map(rounded);
  summary.cpuRatio = rounded(median(ratiosOf('cpuUs')));
  // How far the runs of the same program lie apart, largest through smallest.
  const spreadOf = (list) => rounded(Math.max(...list) / Math.min(...list));
  const speeds = (name) => results[name].map(({ perSecond }) => perSecond);
  summary.noise = {
    load: [loadBefore, loadavg()[0]].map(rounded),
    cores: cpus().length,
    spread: { bare: spreadOf(speeds('bare')), gateway: spreadOf(speeds('gateway')) },
  };
  summary.stagesUs = costs;
  if (values.json) return void process.stdout.write(`${JSON.stringify({ connections, requests, runs, ...summary })}\n`);
  const { noise } = summary;
  process.stdout.write(
    `${connections} connections, 1 kB JSON answers, ${requests} requests a run, medians of ${runs} runs\n` +
      `                        req/s   p50 us   p99 us   CPU us/req\n` +
      Object.keys(proxies)
        .map((name) => {
          const { perSecond, p50us, p99us, cpuUs } = summary[name];
          const title = titles[name];
          return `${title.padEnd(20)} ${[perSecond, p50us, p99us, cpuUs].map((value) => String(value || '-').padStart(8)).join(' ')}\n`;
        })
        .join('') +
      `ratio ${summary.ratio}: median of each run's (${summary.ratios.join(', ')}); CPU a request ${summary.cpuRatio || '-'} times\n` +
      `noise: load average ${noise.load.join(' before, ')} after on ${noise.cores} cores; fastest to slowest run: ` +
      `bare ${noise.spread.bare}, gateway ${noise.spread.gateway} times\n\n` +
      `us a call, each step alone; what a batch shares is divided by 30 receipts, about what its batches have\n` +
      Object.entries(costs)
        .map(([name, cost]) => `  ${name.padEnd(18)} ${cost.toFixed(2).padStart(7)}\n`)
        .join(''),
  );
}

function median(list) {
  const sorted = list.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

function rounded(value) {
  return Number(value.toFixed(3));
}
