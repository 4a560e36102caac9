import { once } from 'node:events';
import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Gateway } from '../src/index.js';
import { apiKey, createTestSetup, type TestSetup } from './support/createTestSetup.js';
import {
  answerWith,
  chunkEvent,
  completion,
  type Script,
  type ScriptedUpstream,
  startScriptedUpstream,
} from './support/scriptedUpstream.js';

let upstream: ScriptedUpstream;
let setup: TestSetup;
let gateway: Gateway;

beforeEach(async () => {
  upstream = await startScriptedUpstream(answerWith(completion('Hello.')));
  setup = createTestSetup({ upstreamUrl: upstream.url });
  gateway = await setup.start();
});
afterEach(async () => {
  await gateway.close();
  await upstream.close();
  setup.remove();
});

const call = (
  key = apiKey,
  content = 'a private prompt',
  more: object = {},
  signal: AbortSignal | null = null,
): Promise<Response> =>
  fetch(`${gateway.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}` },
    body: JSON.stringify({ model: 'demo', messages: [{ role: 'user', content }], ...more }),
    signal,
  });
const metrics = async (): Promise<string> => (await fetch(`${gateway.url}/metrics`)).text();
/** Where the operator is answered: the gateway says it to who asks on this machine. */
const adminUrl = async (): Promise<string> => {
  const answer = await fetch(`${gateway.url}/admin/keys`, { redirect: 'manual' });
  return new URL(answer.headers.get('location')!).origin;
};
const ready = async (): Promise<number> => (await fetch(`${gateway.url}/readyz`)).status;

test('metrics count receipts and refusals by code, and hold no key, prompt, answer or channel', async () => {
  await call();
  await call();
  await call('kedge_unknown_key');
  const text = await metrics();
  expect(text).toContain('\nkedge_receipts_total 2\n');
  expect(text).toContain('kedge_requests_refused_total{status="401",code="key_unknown"} 1');
  expect(text).toMatch(/^# TYPE kedge_requests_running gauge$/m);
  // What only grows is a counter, and is named as one.
  for (const name of ['log_flushes', 'rate_quotes_taken', 'rate_quotes_refused', 'rate_fallbacks']) {
    expect(text).toContain(`# TYPE kedge_${name}_total counter\n`);
  }
  for (const secret of [apiKey, 'kedge_unknown_key', 'private prompt', 'Hello.', setup.channelId]) {
    expect(text).not.toContain(secret);
    expect(JSON.stringify(setup.logs.filter(({ event }) => event === 'request_refused'))).not.toContain(secret);
  }
});

test('a proxy that passes everything on and says nothing of itself brings out nothing that is the operator’s', async () => {
  // As nginx does with `proxy_pass` alone: its own name for the gateway, from this machine.
  const proxy = createServer((incoming, answer) => {
    const { host: _host, ...headers } = incoming.headers;
    const passed = request(`${gateway.url}${incoming.url}`, { method: incoming.method, headers }, (response) => {
      answer.writeHead(response.statusCode!, response.headers);
      response.pipe(answer);
    });
    incoming.pipe(passed);
  }).listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  const { port } = proxy.address() as AddressInfo;
  const through = (path: string, method = 'GET') =>
    fetch(`http://127.0.0.1:${port}${path}`, { method, redirect: 'manual' });
  expect((await through('/healthz')).status).toBe(200);
  const asked = ['/admin/live', '/admin/keys', '/admin/usage-differences', '/admin/none'].map((path) => through(path));
  for (const answer of await Promise.all([
    ...asked,
    through('/admin/capture', 'POST'),
    through('/admin/rates', 'PUT'),
  ])) {
    expect(answer.status).toBe(307);
    expect(await answer.text()).toBe('');
    expect(new URL(answer.headers.get('location')!)).toMatchObject({ hostname: '127.0.0.1' });
    expect([String(port), new URL(gateway.url).port]).not.toContain(new URL(answer.headers.get('location')!).port);
  }
  proxy.close();
  proxy.closeAllConnections();
});

test('metrics are for the machine of the gateway only', async () => {
  const asked = (headers: Record<string, string>) => fetch(`${gateway.url}/metrics`, { headers, redirect: 'manual' });
  expect((await asked({})).status).toBe(200);
  expect((await asked({ 'x-forwarded-for': '203.0.113.9' })).status).toBe(403);
  expect((await asked({ origin: 'https://page.example' })).status).toBe(403);
});

test('the operator’s port serves no calls, and says that there is nothing', async () => {
  for (const path of ['/v1/models', '/admin/none', '/healthz']) {
    const answer = await fetch(`${await adminUrl()}${path}`, { headers: { authorization: `Bearer ${apiKey}` } });
    expect(answer.status, path).toBe(404);
  }
});

test.each([
  ['/admin/keys', 'GET', { host: 'rebound.example' }, 403],
  ['/admin/keys', 'GET', { host: 'localhost.rebound.example' }, 403],
  ['/admin/capture', 'POST', { origin: 'https://page.example' }, 403],
  ['/admin/capture', 'POST', { origin: 'null' }, 403],
  ['/admin/keys', 'GET', { 'x-forwarded-for': '203.0.113.9' }, 403],
  ['/admin/keys', 'GET', { forwarded: 'for=203.0.113.9' }, 403],
  ['/admin/keys', 'GET', { via: '1.1 proxy.example' }, 403],
  ['/admin/keys', 'GET', { 'x-real-ip': '203.0.113.9' }, 403],
  ['/admin/keys', 'GET', { 'x-forwarded-proto': 'https' }, 403],
  ['/admin/keys', 'GET', { 'sec-fetch-site': 'cross-site' }, 403],
  ['/admin/capture', 'POST', { 'sec-fetch-site': 'same-site' }, 403],
  ['/admin/keys', 'GET', { 'sec-fetch-site': 'none' }, 200],
  ['/admin/keys', 'GET', { host: 'LOCALHOST:8402', origin: 'http://127.0.0.1:8080' }, 200],
  ['/admin/keys', 'GET', { host: '[::1]:8402' }, 200],
])('%s by %s with %j is %i: a page in a browser here is not the operator', async (path, method, headers, status) => {
  const statusAt = async (url: string): Promise<number | undefined> => {
    const asked = request(`${url}${path}`, { method, headers }).end();
    const [response] = (await once(asked, 'response')) as [IncomingMessage];
    response.resume();
    return response.statusCode;
  };
  expect(await statusAt(await adminUrl())).toBe(status);
  expect(await statusAt(gateway.url)).toBe(status === 200 ? 307 : status);
});

test('a call that the upstream fails counts once, however it fails; one that its client does not wait for or pay, not at all', async () => {
  const failures = async (): Promise<number> =>
    Number(/^kedge_upstream_failures_total (\d+)$/m.exec(await metrics())?.[1]);
  const streamed = (end: (response: ServerResponse) => unknown): Script => {
    return (_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(chunkEvent({ content: 'Hello.' }));
      end(response);
    };
  };
  const failing: readonly Script[] = [
    answerWith({ error: 'down' }, 500),
    (_, response) => response.destroy(),
    (_, response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<html>'),
    streamed((response) => setTimeout(() => response.destroy(), 20)),
    streamed((response) => response.write(`data: ${'x'.repeat(2 ** 20)}`)),
    (_, response) => response.writeHead(200, { 'content-type': 'text/event-stream' }).end('data: {"error":"down"}\n\n'),
  ];
  for (const [index, script] of failing.entries()) {
    upstream.script = script;
    await (await call(apiKey, 'Hi', { stream: index > 2 })).text();
    expect(await failures()).toBe(index + 1);
  }
  upstream.script = streamed(() => undefined);
  const leaving = new AbortController();
  const { body } = await call(apiKey, 'Hi', { stream: true }, leaving.signal);
  await body?.getReader().read();
  leaving.abort();
  await expect.poll(async () => /^kedge_receipts_total 3$/m.test(await metrics())).toBe(true);
  expect(await failures()).toBe(failing.length);
});

test('an upstream whose answers are none is not ready', async () => {
  upstream.script = (_, response) =>
    response.writeHead(200, { 'content-type': 'text/html' }).end('<html>Log in</html>');
  for (let failed = 0; failed < 5; failed++) expect((await call()).status).toBe(502);
  expect(await ready()).toBe(503);
});

test('readyz knows an upstream that fails call after call; one that succeeds makes it ready again', async () => {
  expect(await ready()).toBe(200);
  upstream.script = answerWith({ error: 'down' }, 500);
  for (let failed = 0; failed < 5; failed++) {
    expect(await ready()).toBe(200);
    expect((await call()).status).toBe(502);
  }
  expect(await ready()).toBe(503);
  expect(await metrics()).toContain('kedge_upstream_failures_total 5');
  upstream.script = answerWith(completion('Hello.'));
  expect((await call()).status).toBe(200);
  expect(await ready()).toBe(200);
});
