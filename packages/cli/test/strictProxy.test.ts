import { createServer, get } from 'node:http';
import { connect, Server, type AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { BaseError } from '@kedge/core';
import type { KedgeFetch } from '@kedge/sdk';
import { expect, onTestFinished, test, vi } from 'vitest';
import { startStrictProxy } from '../src/strict/startStrictProxy.js';

type Proxy = Parameters<typeof startStrictProxy>[0];

/** A proxy that pays with `paid`, until the test ends; without another way for errors, there must be none. */
async function proxyOver(paid: unknown, more: Partial<Pick<Proxy, 'gatewayUrl' | 'onError'>> = {}) {
  const proxy = await startStrictProxy({
    port: 0,
    gatewayUrl: 'http://127.0.0.1:1/v1',
    apiKey: 'kedge_key',
    paid: Object.assign(paid as KedgeFetch, { idle: async () => undefined }),
    onError: (error) => expect.fail(String(error)),
    ...more,
  });
  onTestFinished(() => proxy.close());
  return proxy;
}

test("the proxy sends the channel's API key, and keeps the keys that clients have for others on this machine", async () => {
  const sent: Headers[] = [];
  const paid = async (_input: string | URL | Request, init?: RequestInit): Promise<Response> => {
    sent.push(new Headers(init?.headers));
    return Response.json({ type: 'message' });
  };
  const proxy = await proxyOver(paid);
  const own = [{ authorization: 'Bearer own' }, { 'x-api-key': 'own', 'anthropic-version': '2023-06-01' }];
  for (const headers of own) await fetch(`${proxy.url}/messages`, { method: 'POST', headers, body: '{}' });
  expect(sent.map((headers) => [headers.get('authorization'), headers.get('x-api-key')])).toEqual([
    ['Bearer kedge_key', null],
    ['Bearer kedge_key', null],
  ]);
  expect(sent[1]?.get('anthropic-version')).toBe('2023-06-01');
});

test('what x402 asks for and pays passes through: a client of it pays in the proxy’s channel', async () => {
  const offer = { 'payment-required': 'offer', 'cache-control': 'no-store' };
  const paid = async (_input: string | URL | Request, init?: RequestInit): Promise<Response> => {
    const payment = new Headers(init?.headers).get('payment-signature');
    if (payment === null) return Response.json({}, { status: 402, headers: offer });
    return Response.json({ payment }, { headers: { 'payment-response': 'taken' } });
  };
  const proxy = await proxyOver(paid);
  const call = (headers = {}) => fetch(`${proxy.url}/chat/completions`, { method: 'POST', headers, body: '{}' });
  const refused = await call();
  expect(refused.status).toBe(402);
  expect(Object.fromEntries(refused.headers)).toMatchObject(offer);
  const served = await call({ 'payment-signature': 'signed' });
  expect(served.headers.get('payment-response')).toBe('taken');
  expect(await served.json()).toEqual({ payment: 'signed' });
});

test('what a gateway or a proxy before it compressed arrives plain, whatever the client could decode', async () => {
  const answer = JSON.stringify({ answer: 'plain, '.repeat(100) });
  const asked: (string | undefined)[] = [];
  const gateway = createServer((request, response) => {
    asked.push(request.headers['accept-encoding']);
    const compressed = gzipSync(answer);
    const headers = { 'content-type': 'application/json', 'content-encoding': 'gzip' };
    response.writeHead(200, { ...headers, 'content-length': compressed.length, 'kedge-receipt': 'r' }).end(compressed);
  });
  await new Promise<void>((resolve) => gateway.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void gateway.close());
  const { port } = gateway.address() as AddressInfo;
  const paid = async (input: string | URL | Request, init?: RequestInit): Promise<Response> => fetch(input, init);
  const proxy = await proxyOver(paid, { gatewayUrl: `http://127.0.0.1:${port}/v1` });
  const headers = { 'accept-encoding': 'zstd' };
  const response = await fetch(`${proxy.url}/messages`, { method: 'POST', headers, body: '{}' });
  expect(response.headers.get('content-encoding')).toBeNull();
  expect(response.headers.get('kedge-receipt')).toBe('r');
  expect(await response.text()).toBe(answer);
  expect(asked[0]).not.toContain('zstd');
});

test('a request may name the proxy as HTTP lets it: by a whole URL, in any case, in HTTP/1.0 by nothing', async () => {
  const asked: unknown[] = [];
  const paid = async (input: string | URL | Request): Promise<Response> => {
    asked.push(input);
    return Response.json({});
  };
  const said: unknown[] = [];
  const proxy = await proxyOver(paid, { onError: (error) => void said.push(error) });
  const { port, host } = new URL(proxy.url);
  const answerTo = (head: string): Promise<string> =>
    new Promise((resolve, reject) => {
      let text = '';
      const socket = connect(Number(port), '127.0.0.1', () => socket.write(`${head}\r\n\r\n`));
      socket.on('data', (bytes) => (text += bytes.toString())).on('error', reject);
      socket.on('close', () => resolve(text.slice(0, 12)));
    });
  const heads = [
    `GET http://${host}/v1/models?a=/v1/b HTTP/1.1\r\nhost: ${host}\r\nconnection: close`,
    `GET HTTP://${host}/v1/models HTTP/1.1\r\nhost: LOCALHOST:${port}\r\nconnection: close`,
    'GET /v1/models HTTP/1.0',
  ];
  expect(await Promise.all(heads.map(answerTo))).toEqual(heads.map(() => 'HTTP/1.1 200'));
  const models = 'http://127.0.0.1:1/v1/models';
  expect(asked.toSorted()).toEqual([models, models, `${models}?a=/v1/b`]);
  const rebound = `GET http://${host}/v1/models HTTP/1.1\r\nhost: rebound.example:${port}\r\nconnection: close`;
  expect([await answerTo(rebound), said.length]).toEqual(['HTTP/1.1 403', 1]);
});

test('a body that is too large is refused with how much the proxy takes, and is passed to nobody', async () => {
  const asked: unknown[] = [];
  const paid = async (input: string | URL | Request): Promise<Response> => {
    asked.push(input);
    return Response.json({});
  };
  const proxy = await proxyOver(paid, { onError: () => undefined });
  const whole = Buffer.alloc(100 * 1024 * 1024, 'x');
  for (const body of [whole, new Blob([whole.subarray(0, 40 * 1024 * 1024)]).stream()]) {
    const sent = { method: 'POST', body, duplex: 'half' } as RequestInit;
    const response = await fetch(`${proxy.url}/chat/completions`, sent);
    expect(response.status).toBe(413);
    expect(await response.json()).toMatchObject({ hints: ['Send less: kedge connect passes on 32 MiB at most.'] });
  }
  expect(asked).toEqual([]);
});

test('connections that cannot be accepted are said, and do not stop the proxy', async () => {
  const listen = vi.spyOn(Server.prototype, 'listen');
  onTestFinished(() => listen.mockRestore());
  const said: unknown[] = [];
  const paid = async (_input: string | URL | Request): Promise<Response> => Response.json({});
  const proxy = await proxyOver(paid, { onError: (error) => void said.push(error) });
  const [server] = listen.mock.contexts as Server[];
  const refused = [1, 2].map(() => Object.assign(new Error('accept EMFILE'), { code: 'EMFILE' }));
  for (const error of refused) server!.emit('error', error);
  expect(said).toEqual(refused);
  expect((await fetch(`${proxy.url}/models`)).status).toBe(200);
});

test('a client that offers another protocol with its calls, as the HTTP client of Java does, is answered', async () => {
  const asked: Record<string, unknown>[] = [];
  const gateway = createServer((request, response) => {
    asked.push(request.headers);
    response.end('{}');
  });
  await new Promise<void>((resolve) => gateway.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void gateway.close());
  const { port } = gateway.address() as AddressInfo;
  const paid = async (input: string | URL | Request, init?: RequestInit): Promise<Response> => fetch(input, init);
  const proxy = await proxyOver(paid, { gatewayUrl: `http://127.0.0.1:${port}/v1` });
  const headers = { connection: 'Upgrade, HTTP2-Settings', upgrade: 'h2c', 'http2-settings': 'AAEAAEAAAAIAAAAB' };
  const status = await new Promise((resolve, reject) => {
    get(`${proxy.url}/models`, { headers }, (response) => resolve(response.resume().statusCode)).on('error', reject);
  });
  expect(status).toBe(200);
  expect(asked[0]).not.toHaveProperty('upgrade');
  expect(asked[0]).not.toHaveProperty('http2-settings');
});

test.each([
  ['a gateway that is gone', new TypeError('fetch failed'), 502, 'gateway_unreachable', 'The gateway does not answer.'],
  [
    'a disk that is full',
    Object.assign(new Error('write'), { code: 'ENOSPC', path: '/data/vouchers.json' }),
    500,
    'enospc',
    '/data/vouchers.json cannot be written: the disk is full.',
  ],
  [
    'a request that is not paid for',
    new BaseError('Not metered.', { code: 'surface_unmetered', status: 404 }),
    404,
    'surface_unmetered',
    'Not metered.',
  ],
  [
    'an operator that overcounts',
    new BaseError('Too much.', { code: 'operator_overcounts' }),
    502,
    'operator_overcounts',
    'Too much.',
  ],
  ['what nobody thought of', new Error('secret'), 500, 'internal', 'Something went wrong inside the server.'],
])('%s is said as what it is', async (_, error, status, code, detail) => {
  const said: unknown[] = [];
  const paid = async (): Promise<Response> => Promise.reject(error);
  const proxy = await proxyOver(paid, { onError: (cause) => void said.push(cause) });
  const response = await fetch(`${proxy.url}/messages`, { method: 'POST', body: '{}' });
  expect(await response.json()).toMatchObject({ type: 'error', status, detail, error: { code } });
  expect(response.status).toBe(status);
  // Nor is it a bug of the proxy to who runs it.
  expect(said).toEqual([code === 'internal' ? error : expect.objectContaining({ code, shortMessage: detail })]);
});

test('a proxy that stops hands over what was paid for, and takes no other call on a connection that it kept', async () => {
  let pay: () => void = () => undefined;
  let asked = 0;
  const running = new Promise<void>((resolve) => (pay = resolve));
  const paid = async (): Promise<Response> => {
    asked++;
    await running;
    return Response.json({ answer: 'paid for' });
  };
  const proxy = await startStrictProxy({
    port: 0,
    gatewayUrl: 'http://127.0.0.1:1/v1',
    apiKey: 'kedge_key',
    paid: Object.assign(paid, { idle: () => running }) as unknown as KedgeFetch,
    onError: () => undefined,
  });
  // Two calls on one connection: the second comes when the proxy has begun to stop.
  const socket = connect(Number(new URL(proxy.url).port), '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  let said = '';
  socket.on('data', (chunk) => (said += String(chunk)));
  socket.on('error', () => undefined);
  const closed = new Promise((resolve) => socket.once('close', resolve));
  const call = 'POST /v1/messages HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 2\r\n\r\n{}';
  socket.write(call);
  await expect.poll(() => asked).toBe(1);
  const stopped = proxy.close();
  socket.write(call);
  pay();
  await Promise.all([stopped, closed]);
  expect(said).toContain('{"answer":"paid for"}');
  expect(asked).toBe(1);
});
