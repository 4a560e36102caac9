import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, request, type Server } from 'node:http';
import { Server as NetServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseUpFile, parseWebConfig, zeroAddress, zeroHash } from '@kedge/core';
import { createContentStore } from '@kedge/store';
import { expect, onTestFinished, test, vi } from 'vitest';
import { startDashboard } from '../../src/up/dashboard.js';
import { freePort } from './support.js';

const contract = (digit: string) => `0x${digit.repeat(40)}`;

async function listening(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

async function dashboard(gatewayPort: number, indexerUrl?: string) {
  const root = mkdtempSync(join(tmpdir(), 'kedge-dashboard-'));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  const folder = join(root, 'dist');
  mkdirSync(join(folder, 'assets'), { recursive: true });
  writeFileSync(join(folder, 'index.html'), '<title>page</title>');
  writeFileSync(join(folder, 'assets', 'a-1.js'), 'let a;');
  writeFileSync(join(root, 'secret.json'), '{}');
  const store = createContentStore({ dir: join(root, 'store') });
  const up = parseUpFile({
    chainId: 31337,
    rpcUrl: 'http://127.0.0.1:1',
    gatewayUrl: `http://127.0.0.1:${gatewayPort}/v1`,
    apiKey: 'kedge-test',
    contracts: {
      DataAnchoringToken: contract('1'),
      DataAnchoringTokenExtension: contract('2'),
      ValueChannels: contract('3'),
      ValueMarket: contract('4'),
    },
    classes: [],
    tokenId: '1',
    channelId: zeroHash,
    models: ['kedge-docs'],
    accounts: { consumer: zeroAddress },
  });
  const { url, close } = await startDashboard({ folder, port: await freePort(), up, store, indexerUrl });
  onTestFinished(close);
  return { url, store };
}

/** A request with exactly this path and these headers, which `fetch` would tidy up. */
function ask(
  url: string,
  path: string,
  headers: Record<string, string> = {},
): Promise<{ status: number; body: string }> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    request({ hostname, port, path, headers }, (answer) => {
      let body = '';
      answer.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, body }));
    })
      .on('error', reject)
      .end();
  });
}

test('the page, its assets and its configuration are served, with headers that keep it to itself', async () => {
  const { url } = await dashboard(1);
  const page = await fetch(url);
  expect([page.status, await page.text()]).toEqual([200, '<title>page</title>']);
  expect(page.headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
  // The chain's node is the only other place that the page may speak to.
  expect(page.headers.get('content-security-policy')).toContain("connect-src 'self' http://127.0.0.1:1;");
  expect((await fetch(`${url}/assets/a-1.js`)).headers.get('cache-control')).toContain('immutable');
  const config = parseWebConfig(await (await fetch(`${url}/config.json`)).json());
  expect(config).toMatchObject({ apiKey: 'kedge-test', gatewayUrl: '/v1', models: ['kedge-docs'] });
});

test('a name that only resolves to this machine is refused: it must not read the API key', async () => {
  const { url } = await dashboard(1);
  expect((await ask(url, '/config.json', { host: 'attacker.example' })).status).toBe(403);
  expect((await ask(url, '/config.json', { host: 'localhost:1234' })).status).toBe(200);
});

test('files outside of the page are not there', async () => {
  const { url } = await dashboard(1);
  const paths = ['/../secret.json', '/%2e%2e/secret.json', '/..%2fsecret.json', '/assets', '/nothing.js'];
  // It is there, and says of what the page was built.
  expect(existsSync(new URL('../../../web/dist/.vite/manifest.json', import.meta.url))).toBe(true);
  paths.push('/.vite/manifest.json', '/%2evite/manifest.json', '/assets/..%2f.vite/manifest.json');
  const unnameable = ['/%', '/%00.html', '/index.html/a.js', `/${'a'.repeat(300)}.js`];
  for (const path of [...paths, ...unnameable]) {
    expect((await ask(url, path)).status, path).toBe(404);
  }
});

test('documents of the content store are served by CID', async () => {
  const { url, store } = await dashboard(1);
  const cid = await store.putJson({ hello: 'world' });
  expect(await (await fetch(`${url}/ipfs/${cid}`)).json()).toEqual({ hello: 'world' });
  const other = cid.slice(0, -4) + (cid.endsWith('aaaa') ? 'bbbb' : 'aaaa');
  expect((await fetch(`${url}/ipfs/${other}`)).status).toBeGreaterThanOrEqual(400);
});

test('a file of the content store streams, and one that breaks off is no whole one', async () => {
  const { url, store } = await dashboard(1);
  const cid = await store.putBytes(new Uint8Array(0));
  expect((await (await fetch(`${url}/ipfs/${cid}`)).arrayBuffer()).byteLength).toBe(0);
  let breakOff = (): void => undefined;
  vi.spyOn(store, 'catFile').mockImplementation(async function* () {
    yield Buffer.from('the first block');
    await new Promise<void>((_, reject) => (breakOff = () => reject(new Error('a later block is corrupt'))));
  });
  const response = await fetch(`${url}/ipfs/${cid}`);
  expect(response.headers.get('content-security-policy')).toContain('sandbox');
  const reader = response.body!.getReader();
  expect(Buffer.from((await reader.read()).value!).toString()).toBe('the first block');
  breakOff();
  await expect(reader.read()).rejects.toThrow('terminated');
});

test('calls reach the gateway as they are, and its answer streams', async () => {
  let finish = (): void => undefined;
  const gateway = createServer((incoming, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream', 'kedge-receipt': 'abc' });
    response.write(`data: ${incoming.method} ${incoming.url} ${incoming.headers.authorization}\n\n`);
    finish = () => response.end('data: [DONE]\n\n');
  });
  const { url } = await dashboard(await listening(gateway));
  const answer = await fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: 'Bearer kedge-test' },
    body: '{}',
  });
  const reader = answer.body!.getReader();
  const first = new TextDecoder().decode((await reader.read()).value);
  expect(first).toBe('data: POST /v1/chat/completions Bearer kedge-test\n\n');
  expect(answer.headers.get('kedge-receipt')).toBe('abc');
  finish();
  expect(new TextDecoder().decode((await reader.read()).value)).toBe('data: [DONE]\n\n');
});

test('a path that names a host brings nothing from there under this origin', async () => {
  const asked: string[] = [];
  const answering = createServer((incoming, response) => {
    asked.push(`own ${incoming.url}`);
    response.writeHead(200, { 'content-type': 'text/html', 'content-security-policy': 'script-src *' });
    response.end('<title>own</title>');
  });
  const foreign = createServer((incoming, response) => {
    asked.push(`foreign ${incoming.url}`);
    response.end('<script>foreign()</script>');
  });
  const own = await listening(answering);
  const host = `127.0.0.1:${await listening(foreign)}`;
  const { url } = await dashboard(own, `http://127.0.0.1:${own}`);
  for (const path of [`//${host}/v1/x.html`, `/\\${host}/v1/x`, `\\\\${host}/v1/x`, `http://${host}/v1/x.html`, '*']) {
    expect((await ask(url, path)).status, path).toBe(400);
  }
  expect(asked).toEqual([]);
  await ask(url, `/indexer//${host}/x?a=b`);
  await ask(url, `/indexer/http://${host}/x`);
  await ask(url, `/v1/..//${host}/x`);
  expect(asked).toEqual([`own //${host}/x?a=b`, `own /http://${host}/x`]);
  const headers = (await fetch(`${url}/v1/models`)).headers;
  expect(headers.get('content-security-policy')).toBe("default-src 'none'; frame-ancestors 'none'; sandbox");
  expect(headers.get('x-content-type-options')).toBe('nosniff');
  const missing = (await fetch(`${url}/nothing.js`)).headers;
  expect(missing.get('content-security-policy')).toContain("default-src 'none'");
});

test('of the routes for the operator the page reaches those that read, and no other', async () => {
  const asked: string[] = [];
  const gateway = createServer((incoming, response) => {
    asked.push(`${incoming.method} ${incoming.url}`);
    response.end('{"differences":[]}');
  });
  const { url } = await dashboard(await listening(gateway));
  expect(await (await fetch(`${url}/operator/usage-differences`)).json()).toEqual({ differences: [] });
  await (await fetch(`${url}/operator/live`, { headers: { accept: 'text/event-stream' } })).text();
  for (const path of ['usage-differences', 'live', 'capture', 'keys']) {
    expect((await fetch(`${url}/operator/${path}`, { method: 'POST' })).status, path).toBe(404);
  }
  await (await fetch(`${url}/operator/keys`)).text();
  expect((await fetch(`${url}/operator/capture`)).status).toBe(404);
  expect((await fetch(`${url}/admin/capture`, { method: 'POST' })).status).toBe(404);
  expect(asked).toEqual(['GET /admin/usage-differences', 'GET /admin/live', 'GET /admin/keys']);
});

test('what the gateway serves its operator on a port of its own reaches the page; where calls are sent is never followed', async () => {
  const admin = createServer((incoming, response) => response.end(`${incoming.method} ${incoming.url}`));
  const adminUrl = `http://127.0.0.1:${await listening(admin)}`;
  const gateway = createServer((incoming, response) => {
    response.writeHead(307, { location: `${adminUrl}${incoming.url}` }).end();
  });
  const { url } = await dashboard(await listening(gateway));
  expect(await (await fetch(`${url}/operator/keys`)).text()).toBe('GET /admin/keys');
  expect((await fetch(`${url}/v1/models`, { redirect: 'manual' })).status).toBe(307);
});

test('a gateway that is down is said to be down', async () => {
  const { url } = await dashboard(await freePort());
  const answer = await fetch(`${url}/v1/models`);
  expect(answer.status).toBe(502);
  expect(await answer.json()).toMatchObject({ type: '/problems/gateway_down', detail: 'The gateway does not answer.' });
});

test('connections that cannot be accepted do not stop it', async () => {
  const listen = vi.spyOn(NetServer.prototype, 'listen');
  onTestFinished(() => listen.mockRestore());
  const { url } = await dashboard(1);
  const server = (listen.mock.contexts as NetServer[]).at(-1)!;
  for (let refused = 0; refused < 2; refused += 1) server.emit('error', new Error('accept EMFILE'));
  expect((await ask(url, '/config.json')).status).toBe(200);
});
