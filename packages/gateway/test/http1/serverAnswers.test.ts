import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, expect, test } from 'vitest';
import type { HttpResponse } from '../../src/http1/exchange.js';
import { connectRaw, turn } from './support/rawSocket.js';
import { echo, type Handler, startTestServer, statuses, type TestServer } from './support/testServer.js';

let running: TestServer | undefined;
afterEach(() => running?.close());

const start = async (handler?: Handler, options?: Parameters<typeof startTestServer>[1]) => {
  running = await startTestServer(handler, options);
  return running;
};
const get = (path: string, more = ''): string => `GET ${path} HTTP/1.1\r\nHost: a\r\n${more}\r\n`;
const post = (body: string, more = ''): string =>
  `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\n${more}\r\n${body}`;

/** A handler that answers when the test says so, each by its target. */
const onDemand = (): { handler: Handler; response: (target: string) => Promise<HttpResponse> } => {
  const responses = new Map<string, HttpResponse>();
  const waiting = new Map<string, (response: HttpResponse) => void>();
  return {
    handler: ({ target }, response) => {
      responses.set(target, response);
      waiting.get(target)?.(response);
    },
    response: (target) =>
      new Promise((resolve) => {
        const response = responses.get(target);
        if (response === undefined) waiting.set(target, resolve);
        else resolve(response);
      }),
  };
};

test('pipelined requests are answered in their order, one handled at a time', async () => {
  const { handler, response } = onDemand();
  const { server, seen } = await start(handler);
  const client = connectRaw(server.port);
  client.write(get('/1') + get('/2') + get('/3'));
  const first = await response('/1');
  await turn();
  expect(seen).toEqual(['GET /1']);
  first.send(200, {}, 'one');
  (await response('/2')).send(200, {}, 'two');
  // Late: its answer has ended.
  first.send(200, {}, 'again');
  first.write(Buffer.from('more'));
  first.end();
  (await response('/3')).send(200, {}, 'three');
  const text = await client.until(/three$/);
  expect(text.replace(/HTTP[^]*?\r\n\r\n/g, ' ')).toBe(' one two three');
});

test.each<[string, Handler]>([
  ['answered at once', (_, response) => response.send(200, {}, 'x')],
  ['answered after its body', echo],
  ['answered later', (_, response) => setImmediate(() => response.send(200, {}, 'x'))],
])('nothing that follows the last request of a connection is handled: %s', async (_, handler) => {
  const { server, seen } = await start(handler);
  const client = connectRaw(server.port);
  client.write(get('/last', 'Connection: close\r\n') + get('/after') + get('/after'));
  expect(await client.closed).toBe('end');
  expect(statuses(client.text())).toEqual([200]);
  expect(seen).toEqual(['GET /last']);
});

test('a client that pipelines without reading gets no more handled than fits, and all of it when it reads', async () => {
  const large = 'x'.repeat(100_000);
  const { server, seen } = await start((_, response) => response.send(200, {}, large));
  const client = connectRaw(server.port);
  client.socket.pause();
  const count = 600;
  client.write(get('/').repeat(count));
  // What the two sides' kernels hold is a few megabytes; all answers are 60.
  let before = -1;
  while (before < seen.length) {
    before = seen.length;
    for (let wait = 0; wait < 50; wait++) await turn();
  }
  expect(seen.length).toBeLessThan(200);
  client.socket.resume();
  let bytes = 0;
  await new Promise<void>((resolve) =>
    client.socket.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes >= count * large.length && seen.length === count) resolve();
    }),
  );
});

test('a thousand small pipelined requests in one segment are answered, without a deep stack', async () => {
  const { server } = await start((_, response) => response.send(200, {}, 'x'));
  const client = connectRaw(server.port);
  client.write(get('/').repeat(3_000) + get('/', 'Connection: close\r\n'));
  await client.closed;
  expect(statuses(client.text())).toHaveLength(3_001);
});

test('HTTP/1.0 closes, or stays when asked to; a stream to it ends with the connection', async () => {
  const { server } = await start((request, response) => {
    if (request.target === '/whole') return response.send(200, {}, 'x');
    response.begin(200, {});
    response.write(Buffer.from('streamed'));
    response.end();
  });
  const closing = connectRaw(server.port);
  closing.write('GET /whole HTTP/1.0\r\n\r\n');
  expect(await closing.closed).toBe('end');
  expect(closing.text()).toContain('connection: close');
  const staying = connectRaw(server.port);
  staying.write('GET /whole HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n');
  expect(await staying.until(/\r\n\r\nx$/)).toContain('connection: keep-alive');
  staying.write('GET /stream HTTP/1.0\r\nConnection: keep-alive\r\n\r\n');
  expect(await staying.closed).toBe('end');
  expect(staying.text()).toMatch(/connection: close\r\n\r\nstreamed$/);
  expect(staying.text()).not.toContain('transfer-encoding');
});

test('HEAD gets the head alone, of a whole answer and of a stream', async () => {
  const { server } = await start((request, response) => {
    if (request.target === '/whole') return response.send(200, {}, 'body');
    response.begin(200, {});
    response.write(Buffer.from('body'));
    response.end();
  });
  const client = connectRaw(server.port);
  client.write('HEAD /whole HTTP/1.1\r\nHost: a\r\n\r\nHEAD /stream HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
  await client.closed;
  expect(client.text()).toMatch(/^HTTP[^]*content-length: 4\r\n\r\nHTTP[^]*transfer-encoding: chunked\r\n\r\n$/);
});

test('Expect: 100-continue is answered when the body is wanted', async () => {
  const { server } = await start();
  const client = connectRaw(server.port);
  client.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nExpect: 100-Continue\r\n\r\n');
  await client.until(/^HTTP\/1\.1 100 Continue\r\n\r\n$/);
  client.write('body');
  await client.until(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 OK\r\n[^]*\r\n\r\nbody$/);
});

test('Expect: 100-continue is refused with the answer itself, and the connection closes', async () => {
  const { server, seen } = await start((_, response) => response.send(401, {}, 'no'));
  const client = connectRaw(server.port);
  client.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 34\r\nExpect: 100-continue\r\n\r\n');
  await client.until(/no$/);
  // A client that sends its body nevertheless: it is no request.
  client.write(get('/smuggled'));
  expect(await client.closed).toBe('end');
  expect(statuses(client.text())).toEqual([401]);
  expect(client.text()).toContain('connection: close');
  expect(seen).toEqual(['POST /']);
});

test('a refused request whose body follows leaves the connection in order', async () => {
  const { server, seen } = await start((_, response) => response.send(401, {}, 'no'));
  const client = connectRaw(server.port);
  client.write(post(get('/smuggled')) + get('/next', 'Connection: close\r\n'));
  await client.closed;
  expect(statuses(client.text())).toEqual([401, 401]);
  expect(seen).toEqual(['POST /', 'GET /next']);
});

test('a body that is shorter than announced is no request', async () => {
  const failures: string[] = [];
  const { server } = await start((request) => {
    request.readBody(
      100,
      () => failures.push('body'),
      ({ kind }) => failures.push(kind),
    );
  });
  const client = connectRaw(server.port);
  client.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nshort');
  client.socket.end();
  await client.closed;
  expect(failures).toEqual(['gone']);
});

test('what follows a body that is longer than announced is the next request, and refused as such', async () => {
  const { server } = await start();
  const client = connectRaw(server.port);
  client.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nbody\r\n\r\n');
  expect(await client.closed).toBe('end');
  expect(statuses(client.text())).toEqual([200, 400]);
});

test.each([
  ['announced', 'Content-Length: 10000000000'],
  ['in chunks', 'Transfer-Encoding: chunked'],
])('a body over the limit, %s, is answered while it is still being sent; no reset', async (_, header) => {
  const { server } = await start();
  const client = connectRaw(server.port);
  client.write(`POST / HTTP/1.1\r\nHost: a\r\n${header}\r\n\r\n`);
  const piece = Buffer.from(`10000\r\n${'x'.repeat(65_536)}\r\n`);
  const answer = client.until(/tooLarge$/);
  while (!client.text().endsWith('tooLarge')) {
    if (client.socket.write(piece)) await turn();
    else await Promise.race([new Promise((resolve) => client.socket.once('drain', resolve)), answer]);
  }
  expect(statuses(await answer)).toEqual([413]);
  expect(await answer).toContain('connection: close');
  client.socket.end();
  expect(await client.closed).toBe('end');
});

test.each([
  ['announced', `Content-Length: ${50 * 65_536}`, false],
  ['in chunks', 'Transfer-Encoding: chunked', true],
])('a long body that nobody asked for, %s, does not cost the client its answer', async (_, header, isChunked) => {
  const { server } = await start((_, response) => response.send(401, {}, 'no'));
  const client = connectRaw(server.port);
  // Reads only when it has sent all.
  client.socket.pause();
  client.write(`POST / HTTP/1.1\r\nHost: a\r\n${header}\r\n\r\n`);
  const piece = 'x'.repeat(65_536);
  for (let count = 0; count < 50; count++) {
    await new Promise((resolve) => client.socket.write(isChunked ? `10000\r\n${piece}\r\n` : piece, resolve));
  }
  client.socket.resume();
  await client.until(/no$/);
  client.socket.end();
  expect(await client.closed).toBe('end');
});

test('a body over the limit that comes with its head does not cost the client its answer', async () => {
  const { server } = await start();
  const client = connectRaw(server.port);
  // Reads only when it has sent all, which is more than the two sides' kernels hold.
  client.socket.pause();
  const piece = 'x'.repeat(65_536);
  client.write(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${200 * 65_536}\r\n\r\n${piece}`);
  for (let count = 1; count < 200; count++) {
    await new Promise((resolve) => client.socket.write(piece, resolve));
  }
  client.socket.resume();
  expect(statuses(await client.until(/tooLarge$/))).toEqual([413]);
  client.socket.end();
  expect(await client.closed).toBe('end');
});

test('a body in 300,000 chunks of a byte costs little more than its bytes', async () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const { server } = await start((request, response) =>
    request.readBody(
      1_000_000,
      (body) => response.send(200, {}, `${body.length}`),
      ({ kind }) => response.send(413, {}, kind),
    ),
  );
  const client = connectRaw(server.port);
  const some = Buffer.from('1\r\nx\r\n'.repeat(20_000));
  client.write('POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n');
  collect();
  const before = process.memoryUsage().heapUsed;
  for (let count = 0; count < 15; count++) await new Promise((resolve) => client.socket.write(some, resolve));
  for (let count = 0; count < 20; count++) await turn();
  collect();
  // As so many buffers it is 30 MB.
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(8_000_000);
  client.write('0\r\n\r\n');
  await client.until(/300000$/);
});

test('a handler that throws costs its own client an answer of 500, and nobody else anything', async () => {
  const warnings: Error[] = [];
  const onWarning = (warning: Error): void => void warnings.push(warning);
  process.on('warning', onWarning);
  const { server } = await start((request, response) => {
    const thrown = (): never => {
      throw new Error(`thrown for ${request.target}`);
    };
    if (request.target === '/head') thrown();
    if (request.target === '/body') return request.readBody(100, thrown, thrown);
    if (request.target === '/begun') {
      response.begin(200, {});
      thrown();
    }
    if (request.target === '/ended') {
      response.send(200, {}, 'fine');
      thrown();
    }
    response.send(200, {}, 'fine');
  });
  const ask = async (text: string): Promise<string> => {
    const client = connectRaw(server.port);
    client.write(text);
    await client.closed;
    return client.text();
  };
  expect(statuses(await ask(get('/head') + get('/smuggled')))).toEqual([500]);
  expect(statuses(await ask(post('x').replace('/', '/body') + get('/smuggled')))).toEqual([500]);
  // Cut: the client sees that its answer is not whole.
  expect(await ask(get('/begun'))).not.toContain('0\r\n\r\n');
  expect(await ask(get('/ended'))).toMatch(/fine$/);
  expect(await ask(get('/', 'Connection: close\r\n'))).toMatch(/fine$/);
  await turn();
  process.off('warning', onWarning);
  expect(warnings.map(({ message }) => message)).toEqual(
    ['head', 'body', 'begun', 'ended'].map((path) => `thrown for /${path}`),
  );
});

test('a body that turns out to be invalid is told to its reader, once', async () => {
  const failures: string[] = [];
  const { server } = await start((request, response) =>
    request.readBody(
      100,
      () => failures.push('body'),
      (failure) => {
        failures.push(failure.kind);
        response.send(400, {}, 'bad');
      },
    ),
  );
  const client = connectRaw(server.port);
  client.write(`POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nxyz\r\n${get('/smuggled')}`);
  expect(await client.closed).toBe('end');
  expect(failures).toEqual(['invalid']);
  expect(statuses(client.text())).toEqual([400]);
});

test('onDrain is called once, by the last that asked, when the client reads again', async () => {
  let drains = 0;
  const { server } = await start((_, response) => {
    response.begin(200, {});
    while (response.write(Buffer.alloc(100_000)));
    for (let count = 0; count < 30; count++) {
      response.write(Buffer.from('more'));
      response.onDrain(() => {
        drains++;
        response.end();
      });
    }
  });
  const client = connectRaw(server.port);
  client.write(get('/', 'Connection: close\r\n'));
  await client.until(/0\r\n\r\n$/);
  expect(drains).toBe(1);
});

test('an answer is the same whether its body is a string or bytes', async () => {
  const { server } = await start((request, response) => {
    const body = Buffer.from('b\xf6dy', 'latin1');
    response.send(200, { 'x-a': 'b' }, request.target === '/text' ? body.toString('latin1') : body);
  });
  const client = connectRaw(server.port);
  client.write(get('/text') + get('/bytes', 'Connection: close\r\n'));
  await client.closed;
  const [text, bytes] = client.text().split(/(?<=b\xf6dy)/);
  expect(bytes?.replace('connection: close\r\n', '')).toBe(text);
});

const pieces: Handler = (_, response) => {
  response.begin(200, {});
  response.write(Buffer.from('one'));
  setImmediate(() => response.end(Buffer.from('last')));
};
test.each([
  ['HTTP/1.1', get('/'), 'transfer-encoding: chunked', '3\r\none\r\n4\r\nlast\r\n0\r\n\r\n'],
  ['HTTP/1.0', 'GET / HTTP/1.0\r\n\r\n', 'connection: close', 'onelast'],
  ['HEAD', 'HEAD / HTTP/1.1\r\nHost: a\r\n\r\n', 'transfer-encoding: chunked', ''],
])('an answer in pieces, the last with its end: %s', async (_, request, header, body) => {
  const { server } = await start(pieces);
  const client = connectRaw(server.port);
  client.write(request);
  const text = await client.until(/\r\n\r\n/);
  await turn();
  const whole = body === '' ? text : await client.until(new RegExp(`${body}$`));
  expect(whole).toContain(header);
  expect(whole.slice(whole.indexOf('\r\n\r\n') + 4)).toBe(body);
});

test('the head of an answer in pieces does not wait for the first of them', async () => {
  const { server } = await start((_, response) => response.begin(200, { 'x-early': 'yes' }));
  const client = connectRaw(server.port);
  client.write(get('/'));
  expect(await client.until(/\r\n\r\n$/)).toContain('x-early: yes');
});
