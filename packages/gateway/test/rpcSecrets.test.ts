import { spawn } from 'node:child_process';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { createPublicClient, http } from 'viem';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { connectChain } from '../src/chain/connectChain.js';
import { createViemChain } from '../src/chain/createViemChain.js';
import { operatorKeyOf } from '../src/crypto/operatorKey.js';
import { listen } from '../src/http/listen.js';
import { pollRateQuotes } from '../src/rates/pollRateQuotes.js';
import { type LogFields, reasonOf } from '../src/structuredLog.js';
import { apiKey, createTestSetup, operatorKey, type TestSetup } from './support/createTestSetup.js';
import { buildGateway, gatewayProgram } from './support/gatewayProcess.js';

// A node that is in trouble, behind a URL with keys in it: as path, and as user and password.
const [pathKey, user, password] = ['SECRET-PATH-KEY', 'SECRET-USER', 'SECRET-PASSWORD'];
const secrets = [pathKey, user, password, Buffer.from(`${user}:${password}`).toString('base64')];

let node: Server;
let rpcUrl: string;
let setup: TestSetup;

beforeEach(async () => {
  node = createServer((request, response) => request.resume().on('end', () => response.writeHead(503).end('busy')));
  await new Promise<void>((resolve) => node.listen(0, '127.0.0.1', resolve));
  rpcUrl = `http://${user}:${password}@127.0.0.1:${(node.address() as AddressInfo).port}/v3/${pathKey}`;
  setup = createTestSetup({ upstreamUrl: 'http://127.0.0.1:1/v1', config: { rpcUrl } });
});
afterEach(async () => {
  await new Promise((resolve) => node.close(resolve));
  setup.remove();
});

const call = (url: string): Promise<Response> =>
  fetch(`${url}/v1/chat/completions`, { method: 'POST', headers: { authorization: `Bearer ${apiKey}` }, body: '{}' });

test.each([1, 2])(
  'with workers: %i, nothing that is written or answered has the keys of a failing RPC URL',
  async (workers) => {
    buildGateway();
    const file = join(setup.folder, 'gateway.json');
    writeFileSync(file, JSON.stringify({ ...setup.config, workers }));
    const started = spawn(process.execPath, [gatewayProgram, '--config', file], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, OPERATOR_KEY: operatorKey },
    });
    let written = '';
    started.stderr.on('data', (chunk: Buffer) => (written += chunk.toString()));
    try {
      const ready = await new Promise<string>((resolve, reject) => {
        createInterface({ input: started.stdout }).once('line', resolve);
        started.once('exit', () => reject(new Error(written)));
      });
      const { url } = JSON.parse(ready) as { url: string };
      const answers = await Promise.all([
        call(url),
        fetch(`${url}/admin/capture`, { method: 'POST' }),
        fetch(`${url}/readyz`),
      ]);
      for (const answer of answers) written += await answer.text();
      // Of each process that serves.
      const troubles = (): number =>
        written.match(/"event":"channel_unchecked"[^\n]*HTTP request failed/g)?.length ?? 0;
      await expect.poll(troubles, { timeout: 20_000 }).toBeGreaterThanOrEqual(workers);
      for (const secret of secrets) expect(written).not.toContain(secret);
    } finally {
      const ended = new Promise((resolve) => started.once('exit', resolve));
      started.kill('SIGTERM');
      await ended;
    }
  },
);

test.each([401, 403])('a node that refuses the key of its URL with %i is said to, without the key', async (status) => {
  const chain = createViemChain({
    rpcUrl,
    chainId: 31337,
    contracts: setup.config.contracts,
    operator: operatorKeyOf(operatorKey),
    maxFeePerGasGwei: 500,
  });
  const answer = { jsonrpc: '2.0', id: 1, result: '0x7a69' };
  node.removeAllListeners('request').on('request', (_, response: ServerResponse) => {
    response.setHeader('content-type', 'application/json').end(JSON.stringify(answer));
  });
  // The node is known to be of the right chain, before its key is revoked.
  await chain.minedNonce();
  node.removeAllListeners('request').on('request', (_, response: ServerResponse) => {
    const error = { code: -32602, message: `no project ${pathKey}` };
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ ...answer, error }));
  });
  const capture = { items: [], edges: [], anchors: [] };
  for (const ask of [
    chain.head,
    chain.minedNonce,
    () => chain.readCurrentPolicy(1n),
    () => chain.signCapture(capture, 0),
  ]) {
    const reason = reasonOf(await ask().catch((error: unknown) => error));
    expect(reason).toContain(`refuses access with HTTP ${status}: see whether the key in rpcUrl is still valid`);
    expect(reason).toContain(new URL(rpcUrl).host);
    for (const secret of secrets) expect(reason).not.toContain(secret);
  }
});

test.each([
  [
    'that limits requests',
    429,
    '{"jsonrpc":"2.0","id":1,"error":{"code":-32005,"message":"SECRET-PATH-KEY"}}',
    'HTTP 429',
  ],
  ['that is down', 503, 'SECRET-PATH-KEY', 'HTTP 503'],
  ['that is a page', 200, '<SECRET-PATH-KEY>', 'SyntaxError'],
  ['of another chain', 200, '{"jsonrpc":"2.0","id":1,"result":"0x1"}', 'The node is of chain 1, not of 31337.'],
])('of a node %s the reason says what it answered, and no more', async (_what, status, body, said) => {
  node.removeAllListeners('request').on('request', (_, response: ServerResponse) => {
    response.writeHead(status).end(body);
  });
  const failed = await connectChain({ rpcUrl, chainId: 31337 })().catch((error: unknown) => error);
  expect(reasonOf(failed)).toContain(said);
  for (const secret of secrets) expect(reasonOf(failed)).not.toContain(secret);
});

test('of a node that does not answer the reason says how', async () => {
  await new Promise((resolve) => node.close(resolve));
  const failed = await connectChain({ rpcUrl, chainId: 31337 })().catch((error: unknown) => error);
  expect(reasonOf(failed)).toBe('HTTP request failed. (ECONNREFUSED)');
});

test('a request that fails for the node says where, without the keys of its URL', async () => {
  const client = createPublicClient({ transport: http(rpcUrl, { retryCount: 0 }) });
  const failure = await client.getBlockNumber().catch((error: unknown) => error as Error);
  expect(String(failure)).toContain(pathKey);
  const written: string[] = [];
  const note = (event: string, fields?: LogFields): void => void written.push(JSON.stringify({ event, ...fields }));
  const { server, url } = await listen({
    host: '127.0.0.1',
    port: 0,
    adminPort: 0,
    route: () => Promise.reject(failure as Error),
    context: { book: {} } as never,
    log: { info: note, warn: note, error: note },
    onRequest: () => () => undefined,
  });
  try {
    const answer = await fetch(url);
    expect(answer.status).toBe(500);
    written.push(await answer.text());
  } finally {
    server.stop();
    await server.close();
  }
  const [line, text] = written.join('\n').split('\n');
  expect(JSON.parse(line as string)).toMatchObject({
    event: 'request_failed',
    reason: 'HTTP request failed. (HTTP 503)',
  });
  expect(line).toContain('buildRequest');
  for (const secret of secrets) expect(`${line}${text}`).not.toContain(secret);
});

test.each(['with user and password', 'without'])(
  'a URL that answers with no rate quotes is told without its keys: %s',
  async (how) => {
    const url = new URL(`${rpcUrl}/quotes?key=${pathKey}`);
    if (how === 'without') url.username = url.password = '';
    const written: string[] = [];
    const note = (event: string, fields?: LogFields): void => void written.push(JSON.stringify({ event, ...fields }));
    const stop = pollRateQuotes({ url: url.href, everyMs: 60_000 }, undefined as never, {
      info: note,
      warn: note,
      error: note,
    });
    await expect.poll(() => written.length).toBe(1);
    stop();
    expect(written[0]).toContain('status 503');
    expect(written[0]).toContain(url.origin);
    for (const secret of secrets) expect(written[0]).not.toContain(secret);
  },
);
