import type { Socket } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import type { HttpResponse } from '../../src/http1/exchange.js';
import type { HttpTimes } from '../../src/http1/serveConnection.js';
import { connectRaw, turn } from './support/rawSocket.js';
import { type Handler, startTestServer, statuses, type TestServer } from './support/testServer.js';

let running: TestServer | undefined;
afterEach(() => running?.close());

const long = 60_000;
const patient: HttpTimes = { tick: 5, idle: long, head: long, body: long, stalled: long, linger: long, goodbye: 50 };
const start = async (times: Partial<HttpTimes>, handler?: Handler): Promise<TestServer> => {
  running = await startTestServer(handler, { times: { ...patient, ...times } });
  return running;
};
const get = (path: string, more = ''): string => `GET ${path} HTTP/1.1\r\nHost: a\r\n${more}\r\n`;

/** Writes a byte in every turn until the connection closes. */
const drip = async (client: ReturnType<typeof connectRaw>, byte: string): Promise<void> => {
  while (!client.socket.destroyed) {
    client.write(byte);
    await turn();
  }
};

/** Whether more than so many bytes come before the connection closes. Nothing is kept. */
const readWhole = async (socket: Socket, bytes: number): Promise<boolean> => {
  let got = 0;
  socket.removeAllListeners('data').on('data', (chunk: Buffer) => {
    got += chunk.length;
    if (got > bytes) socket.destroy();
  });
  socket.resume();
  if (!socket.closed) await new Promise<void>((resolve) => socket.once('close', () => resolve()));
  return got > bytes;
};

test('slowloris in the head: a head that never ends is cut, however steadily bytes come', async () => {
  const { server, seen } = await start({ head: 60 });
  const client = connectRaw(server.port);
  client.write('GET / HTTP/1.1\r\nHost: a\r\nX: ');
  await Promise.all([drip(client, 'a'), client.closed]);
  expect(seen).toEqual([]);
});

test('slowloris in the body: a body that never ends is cut, and its reader told', async () => {
  const failures: string[] = [];
  const { server } = await start({ body: 60 }, (request) => {
    request.readBody(
      1_000_000,
      () => failures.push('body'),
      ({ kind }) => failures.push(kind),
    );
  });
  const client = connectRaw(server.port);
  client.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n');
  await Promise.all([drip(client, 'a'), client.closed]);
  await until(() => failures.length > 0);
  expect(failures).toEqual(['gone']);
});

test('slow reading: a client that takes nothing of a stream is cut, and its handler told once', async () => {
  let gone = 0;
  const { server } = await start({ stalled: 60 }, (_, response) => {
    response.onGone(() => gone++);
    response.begin(200, {});
    while (response.write(Buffer.alloc(1_000_000)));
  });
  const client = connectRaw(server.port);
  client.socket.pause();
  client.write(get('/'));
  // Not read: only the server's side can end it.
  await new Promise<void>((resolve) => {
    const look = (): unknown => (gone > 0 ? resolve() : setImmediate(look));
    look();
  });
  expect(gone).toBe(1);
  client.socket.destroy();
});

test('a client that pipelines and reads nothing is cut, too', async () => {
  const { server } = await start({ stalled: 60, idle: long }, (_, response) =>
    response.send(200, {}, 'x'.repeat(1_000_000)),
  );
  const client = connectRaw(server.port);
  client.socket.pause();
  client.write(get('/').repeat(100));
  const closed = new Promise<void>((resolve) => client.socket.once('close', () => resolve()));
  while (!client.socket.destroyed) {
    client.write(get('/'));
    await turn();
  }
  await closed;
});

test('an answer that is read slowly is not cut by the short time for goodbyes, nor by that for idling', async () => {
  const { server } = await start({ linger: 20, idle: 20 }, (_, response) =>
    response.send(200, {}, 'x'.repeat(8_000_000)),
  );
  for (const connection of ['close', 'keep-alive']) {
    const client = connectRaw(server.port);
    client.socket.pause();
    client.write(get('/', `Connection: ${connection}\r\n`));
    const later = new Promise((resolve) => setTimeout(resolve, 120));
    await later;
    client.socket.resume();
    await client.closed;
    expect(client.text().length).toBeGreaterThan(8_000_000);
  }
});

test.each(['close', 'keep-alive'])(
  'a large answer that is read slowly, but steadily, is not cut as if nobody read it: %s',
  async (connection) => {
    const bytes = 16_000_000;
    const { server } = await start({ stalled: 150, idle: 100 }, (_, response) =>
      response.send(200, {}, 'x'.repeat(bytes)),
    );
    const client = connectRaw(server.port);
    client.socket.on('data', () => {
      client.socket.pause();
      setTimeout(() => client.socket.resume(), 2);
    });
    const begun = Date.now();
    client.write(get('/', `Connection: ${connection}\r\n`));
    await client.closed;
    expect(client.text().length).toBeGreaterThan(bytes);
    expect(Date.now() - begun).toBeGreaterThan(300);
  },
);

test('when clients leave more unread than memory is for, the one that holds most for longest is cut, and no other', async () => {
  const gone: string[] = [];
  const body = Buffer.alloc(64 * 1024 * 1024);
  const { server, seen } = await start({ tick: 20 }, ({ target }, response) => {
    if (target === '/small') {
      response.onGone(() => gone.push(target));
      response.begin(200, {});
      while (response.write(body.subarray(0, 1_000_000)));
      return;
    }
    response.send(200, {}, body);
  });
  const unread = async (path: string) => {
    const client = connectRaw(server.port);
    client.socket.pause();
    const before = seen.length;
    client.write(get(path));
    await until(() => seen.length > before);
    return client;
  };
  const small = await unread('/small');
  const held: ReturnType<typeof connectRaw>[] = [];
  while (held.length < 7) held.push(await unread('/large'));
  await new Promise((resolve) => setTimeout(resolve, 300));
  // The eighth is one too many; it takes its answer, though slowly.
  const steady = connectRaw(server.port);
  let bytes = 0;
  steady.socket.removeAllListeners('data').on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    steady.socket.pause();
    setTimeout(() => steady.socket.resume(), 1);
  });
  steady.write(get('/large', 'Connection: close\r\n'));
  await steady.closed;
  expect(bytes).toBeGreaterThan(body.length);
  expect(gone).toEqual([]);
  // Who reads on now gets the rest, but for one.
  const whole = await Promise.all(held.map(({ socket }) => readWhole(socket, body.length)));
  expect(whole.filter((isWhole) => !isWhole)).toHaveLength(1);
  small.socket.destroy();
});

test('answers that are asked for all at once are no more in memory before the next look at the connections', async () => {
  const body = Buffer.alloc(64 * 1024 * 1024);
  let answered = 0;
  const { server } = await start({ tick: long }, (_, response) => {
    response.send(200, {}, body);
    answered++;
  });
  const clients = Array.from({ length: 10 }, () => connectRaw(server.port));
  for (const { socket, write } of clients) {
    socket.pause();
    write(get('/'));
  }
  await until(() => answered === clients.length);
  const whole = await Promise.all(clients.map(({ socket }) => readWhole(socket, body.length)));
  expect(whole.filter((isWhole) => isWhole)).toHaveLength(7);
});

test('bodies that come slowly hold no more memory together than may be held: who holds most for longest is cut', async () => {
  const failures: string[] = [];
  const lengths: number[] = [];
  running = await startTestServer(
    (request, response) =>
      request.readBody(
        2_000_000,
        ({ length }) => {
          lengths.push(length);
          response.send(200, {}, '');
        },
        ({ kind }) => failures.push(kind),
      ),
    { times: { ...patient, tick: 20 }, mostHeldBytes: 4_500_000 },
  );
  const { server } = running;
  const post = (bytes: number) => {
    const client = connectRaw(server.port);
    client.write('POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 1000001\r\n\r\n');
    client.write(Buffer.alloc(bytes));
    return client;
  };
  const held = [post(500_000), ...Array.from({ length: 4 }, () => post(1_000_000))];
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect(failures).toEqual([]);
  const last = post(1_000_000);
  await until(() => failures.length > 0);
  for (const client of [held[0] as typeof last, last]) client.write(Buffer.alloc(client === last ? 1 : 500_001));
  await until(() => lengths.length === 2);
  expect(lengths).toEqual([1_000_001, 1_000_001]);
  expect(failures).toEqual(['gone']);
  for (const { socket } of held) socket.destroy();
});

test('an idle connection is closed after its time, before and after a request', async () => {
  const { server } = await start({ idle: 30 });
  const fresh = connectRaw(server.port);
  const used = connectRaw(server.port);
  used.write(get('/'));
  await Promise.all([fresh.closed, used.closed]);
  expect(fresh.text()).toBe('');
  expect(statuses(used.text())).toEqual([200]);
});

test('a request that takes long to answer is not idle', async () => {
  const { server } = await start({ idle: 20, head: 20, body: 20, stalled: 20 }, (_, response) => {
    setTimeout(() => response.send(200, {}, 'late'), 120);
  });
  const client = connectRaw(server.port);
  client.write(get('/', 'Connection: close\r\n'));
  await client.closed;
  expect(client.text()).toMatch(/late$/);
});

test('a client that keeps sending after the goodbye is cut when the time for it is over', async () => {
  const { server } = await start({ linger: 60 });
  const client = connectRaw(server.port, { allowHalfOpen: true });
  client.write('nonsense\r\n\r\n');
  await client.until(/connection: close/);
  await Promise.all([drip(client, 'a'), client.closed]);
});

test('a client that leaves is told to the handler once, at every stage; never after the end', async () => {
  const gone: string[] = [];
  const begun = new Map<string, HttpResponse>();
  let onBegun: (() => void) | undefined;
  const { server } = await start({}, (request, response) => {
    const { target } = request;
    response.onGone(() => gone.push(target));
    begun.set(target, response);
    if (target === '/streaming') response.begin(200, {});
    if (target === '/body')
      request.readBody(
        100,
        () => undefined,
        ({ kind }) => gone.push(`${target} ${kind}`),
      );
    if (target === '/ended') {
      response.send(200, {}, 'x');
      response.onGone(() => gone.push('after the end'));
    }
    onBegun?.();
  });
  for (const [path, rest] of [
    ['/waiting', ''],
    ['/streaming', ''],
    ['/ended', ''],
    ['/body', 'Content-Length: 5\r\n'],
  ] as const) {
    const handled = new Promise<void>((resolve) => (onBegun = resolve));
    const client = connectRaw(server.port);
    client.write(get(path, rest));
    await handled;
    client.socket.resetAndDestroy();
    await client.closed;
    await until(() => path === '/ended' || gone.some((told) => told.startsWith(path)));
    // Nothing of this may reach anybody, or throw.
    const response = begun.get(path) as HttpResponse;
    response.begin(200, {});
    response.write(Buffer.from('x'));
    response.end();
    response.send(200, {}, 'x');
  }
  await turn();
  expect(gone).toEqual(['/waiting', '/streaming', '/body gone', '/body']);
});

const until = async (holds: () => boolean): Promise<void> => {
  while (!holds()) await turn();
};

test('a handler that asks after the client has left is told so, later and once', async () => {
  const told: string[] = [];
  const { server } = await start({}, (request, response) => {
    void until(response.isGone).then(() => {
      response.onGone(() => told.push('onGone'));
      request.readBody(
        10,
        () => told.push('body'),
        ({ kind }) => told.push(kind),
      );
      told.push('asked');
    });
  });
  const client = connectRaw(server.port);
  client.write(get('/', 'Content-Length: 5\r\n'));
  await until(() => (running as TestServer).seen.length === 1);
  client.socket.resetAndDestroy();
  await until(() => told.length === 3);
  await turn();
  expect(told).toEqual(['gone', 'asked', 'onGone']);
});

test('a client that closes its half after the request gets what is answered at once, and counts as gone after', async () => {
  const { server } = await start({});
  const client = connectRaw(server.port, { allowHalfOpen: true });
  client.socket.end(get('/'));
  expect(await client.closed).toBe('end');
  expect(statuses(client.text())).toEqual([200]);
  await running?.close();
  let gone = 0;
  const slow = await start({}, (_, response) => response.onGone(() => gone++));
  const other = connectRaw(slow.server.port, { allowHalfOpen: true });
  other.socket.end(get('/'));
  expect(await other.closed).toBe('end');
  expect(gone).toBe(1);
});

test('stop: idle connections close, running answers end and say connection: close, no new ones are taken', async () => {
  const responses = new Map<string, HttpResponse>();
  const { server, seen } = await start({}, ({ target }, response) => {
    responses.set(target, response);
    if (target === '/streaming') {
      response.begin(200, {});
      response.write(Buffer.from('first'));
    }
  });
  const idle = connectRaw(server.port);
  const within = connectRaw(server.port);
  within.write('GET / HT');
  const waiting = connectRaw(server.port);
  waiting.write(get('/waiting') + get('/held'));
  const streaming = connectRaw(server.port);
  streaming.write(get('/streaming') + get('/next'));
  await until(() => responses.size === 2);
  void server.stop();
  expect(await idle.closed).toBe('end');
  expect(await within.closed).toBe('end');
  responses.get('/waiting')?.send(200, {}, 'answered');
  expect(await waiting.closed).toBe('end');
  expect(waiting.text()).toMatch(/connection: close[^]*answered$/);
  const stream = responses.get('/streaming');
  stream?.write(Buffer.from('last'));
  stream?.end();
  await until(() => responses.has('/next'));
  responses.get('/next')?.send(200, {}, 'next');
  expect(await streaming.closed).toBe('end');
  expect(streaming.text()).toMatch(/last\r\n0\r\n\r\nHTTP[^]*connection: close[^]*next$/);
  expect(seen).toEqual(['GET /waiting', 'GET /streaming', 'GET /next']);
  const late = connectRaw(server.port);
  expect(await late.closed).toBe('reset');
  await server.close();
});

test('stop: a request that was on its way is answered, and told that it is the last', async () => {
  const { server } = await start({}, (_, response) => response.send(200, {}, 'answered'));
  const client = connectRaw(server.port);
  client.write(get('/one'));
  await until(() => client.text().endsWith('answered'));
  client.write(get('/two'));
  const stopped = server.stop();
  expect(await client.closed).toBe('end');
  expect(client.text()).toMatch(/answered.*connection: close.*answered$/s);
  expect(statuses(client.text())).toEqual([200, 200]);
  await stopped;
  await server.close();
});

test('close: cuts what still runs, tells its handler, and resolves when all is closed; twice is once', async () => {
  let gone = 0;
  const { server, seen } = await start({}, (_, response) => response.onGone(() => gone++));
  const client = connectRaw(server.port);
  client.write(get('/'));
  await until(() => seen.length === 1);
  await Promise.all([server.close(), server.close()]);
  expect(gone).toBe(1);
  await client.closed;
});

test('a port that is taken is an error of startHttpServer', async () => {
  const { server } = await start({});
  const { startHttpServer } = await import('../../src/http1/startHttpServer.js');
  await expect(
    startHttpServer({
      host: '127.0.0.1',
      port: server.port,
      onRequest: () => undefined,
      onInvalid: () => undefined,
      onError: () => undefined,
    }),
  ).rejects.toMatchObject({ code: 'EADDRINUSE' });
});
