import tls, { createServer } from 'node:tls';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { createConnectionPool, type ConnectionPool } from '../../src/http1/createConnectionPool.js';
import { apiKey, createTestSetup } from '../support/createTestSetup.js';
import { completion } from '../support/scriptedUpstream.js';
import { ask } from './support/ask.js';
import { type RawServer, type RawSocket, startRawServer, turn } from './support/rawSocket.js';
import { selfSigned } from './support/selfSigned.js';

const trusted = selfSigned({ dns: ['localhost'], ip: ['127.0.0.1'] });
let server: RawServer | undefined;
let pool: ConnectionPool | undefined;

// What NODE_EXTRA_CA_CERTS does for a process, done within one.
beforeAll(() => {
  const { createSecureContext } = tls;
  vi.spyOn(tls, 'createSecureContext').mockImplementation((options) => {
    const context = createSecureContext(options);
    if (options?.key === undefined) (context.context as { addCACert(pem: string): void }).addCACert(trusted.cert);
    return context;
  });
});
afterAll(() => void vi.restoreAllMocks());
afterEach(async () => {
  pool?.close();
  await server?.close();
});

const start = async (serve: (connection: RawSocket, index: number) => unknown, pair = trusted, host = '127.0.0.1') => {
  server = await startRawServer(serve, { create: (listener) => createServer(pair, listener) });
  const url = new URL(`https://${host}:${server.port}`);
  pool = createConnectionPool({ url, connections: 2, timeoutMs: 5_000 });
  return { server, pool };
};
const ok = (body: string): string => `HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
const answering = async (connection: RawSocket): Promise<void> => {
  for (let count = 1; ; count++) {
    if ((await connection.untilHeads(count).catch(() => undefined)) === undefined) return;
    connection.write(ok(`${count}`));
  }
};

const until = async (holds: () => boolean): Promise<void> => {
  while (!holds()) await turn();
};

test.each(['127.0.0.1', 'localhost'])('TLS: requests to %s share a connection', async (host) => {
  const { server, pool } = await start(answering, trusted, host);
  for (const word of ['1', '2', '3']) {
    expect(await ask(pool).over).toBe(`start 200, data ${word}, end`);
    // The socket learns only in a later turn that all of the request has left.
    await turn();
  }
  expect(server.connections).toHaveLength(1);
});

test('TLS: a certificate that nobody vouches for is a clear error', async () => {
  const { pool } = await start(answering, selfSigned({ dns: ['localhost'], ip: ['127.0.0.1'] }));
  expect(await ask(pool).over).toMatch(/^fail self-signed certificate/);
});

test('TLS: a certificate for another name is a clear error', async () => {
  // 127.0.0.2 is this machine as well, but not in the certificate.
  server = await startRawServer(answering, { host: '0.0.0.0', create: (listener) => createServer(trusted, listener) });
  const url = new URL(`https://127.0.0.2:${server.port}`);
  pool = createConnectionPool({ url, connections: 1, timeoutMs: 5_000 });
  expect(await ask(pool).over).toMatch(/^fail Hostname\/IP does not match certificate's altnames/);
});

test('TLS: an upstream that does not speak it is an error', async () => {
  server = await startRawServer((connection) => connection.write('HTTP/1.1 400 Bad Request\r\n\r\n'));
  pool = createConnectionPool({ url: new URL(`https://127.0.0.1:${server.port}`), connections: 1, timeoutMs: 5_000 });
  expect(await ask(pool).over).toMatch(/^fail .*(wrong version number|packet length|SSL)/i);
});

test('TLS: pause holds the other side back, resume goes on', async () => {
  const total = 20_000_000;
  const piece = Buffer.alloc(65_536, 120);
  let sent = 0;
  const { pool } = await start(async (connection) => {
    await connection.untilHeads(1);
    connection.write(`HTTP/1.1 200 OK\r\ncontent-length: ${total}\r\n\r\n`);
    while (sent < total && !connection.socket.destroyed) {
      const rest = piece.subarray(0, Math.min(piece.length, total - sent));
      sent += rest.length;
      if (!connection.socket.write(rest)) await new Promise((resolve) => connection.socket.once('drain', resolve));
    }
  });
  let got = 0;
  let outcome = '';
  const running = pool.send('GET / HTTP/1.1\r\nhost: a\r\n\r\n', {
    start: () => undefined,
    data: (chunk) => {
      if (got === 0) running.pause();
      got += chunk.length;
    },
    end: () => (outcome = 'end'),
    fail: (error) => (outcome = error.message),
  });
  await until(() => got > 0);
  let before = -1;
  while (before < sent) {
    before = sent;
    for (let wait = 0; wait < 100; wait++) await turn();
  }
  expect(sent).toBeLessThan(15_000_000);
  expect(got).toBeLessThan(1_000_000);
  running.resume();
  await until(() => outcome !== '');
  expect([outcome, got]).toEqual(['end', total]);
});

test('TLS: the gateway forwards to an https URL', async () => {
  const upstream = createHttpsServer(trusted, (request, response) => {
    request.resume().on('end', () => {
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(completion('over TLS')));
    });
  });
  await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve));
  const setup = createTestSetup({ upstreamUrl: `https://localhost:${(upstream.address() as AddressInfo).port}/v1` });
  const gateway = await setup.start();
  try {
    for (let count = 0; count < 3; count++) {
      const response = await fetch(`${gateway.url}/v1/chat/completions`, {
        method: 'POST',
        headers: { authorization: `Bearer ${apiKey}` },
        body: JSON.stringify({ model: 'demo', messages: [{ role: 'user', content: 'Hi' }] }),
      });
      expect(await response.json()).toEqual(completion('over TLS'));
    }
  } finally {
    await gateway.close();
    setup.remove();
    upstream.closeAllConnections();
    upstream.close();
  }
});
