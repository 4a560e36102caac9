import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import { type ConnectionPool, createConnectionPool } from '../../src/http1/createConnectionPool.js';
import { ask } from './support/ask.js';
import { type RawServer, type RawSocket, startRawServer, turn } from './support/rawSocket.js';

let server: RawServer | undefined;
let pool: ConnectionPool | undefined;
afterEach(async () => {
  pool?.close();
  await server?.close();
});

type Options = { readonly connections?: number; readonly timeoutMs?: number; readonly host?: string } & {
  readonly maxWaiting?: number;
  readonly maxWaitMs?: number;
};
const start = async (serve?: Parameters<typeof startRawServer>[0], options: Options = {}) => {
  server = await startRawServer(serve, options.host === undefined ? {} : { host: options.host });
  pool = createConnectionPool({
    url: server.url,
    connections: options.connections ?? 1,
    timeoutMs: options.timeoutMs ?? 60_000,
    maxWaiting: options.maxWaiting ?? 1_024,
    maxWaitMs: options.maxWaitMs ?? 60_000,
  });
  return { server, pool };
};
const ok = (body: string, more = ''): string =>
  `HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n${more}\r\n${body}`;
const heads = (text: string): number => text.split('\r\n\r\n').length - 1;

/** Answers the n-th request of a connection when it has come, with the n-th answer. */
const answering = (...answers: readonly string[]) => {
  return async (connection: RawSocket): Promise<void> => {
    for (const [index, answer] of answers.entries()) {
      await connection.untilHeads(index + 1).catch(() => '');
      if (!connection.socket.destroyed) connection.write(answer);
    }
  };
};
const until = async (holds: () => boolean): Promise<void> => {
  while (!holds()) await turn();
};

test('one connection serves one request after another', async () => {
  const { server, pool } = await start(answering(ok('one'), ok('two'), ok('three')));
  for (const word of ['one', 'two', 'three']) expect(await ask(pool).over).toBe(`start 200, data ${word}, end`);
  expect(server.connections).toHaveLength(1);
});

test('the response to HEAD has no body, whatever length or chunks it speaks of, and the connection serves on', async () => {
  const lengthOnly = 'HTTP/1.1 405 No\r\ncontent-length: 300\r\n\r\n';
  const chunked = 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n';
  const { server, pool } = await start(answering(lengthOnly, chunked, ok('whole')));
  expect(await ask(pool, '/', '', 'HEAD').over).toBe('start 405, end');
  expect(await ask(pool, '/', '', 'HEAD', Buffer.from).over).toBe('start 200, end');
  expect(await ask(pool).over).toBe('start 200, data whole, end');
  expect(server.connections).toHaveLength(1);
});

test('more requests than connections: all are answered, and begun in their order', async () => {
  const order: string[] = [];
  const { server, pool } = await start(
    async (connection) => {
      for (let index = 1; ; index++) {
        const text = await connection.untilHeads(index).catch(() => undefined);
        if (text === undefined) return;
        const path = text.split('\r\n\r\n')[index - 1]?.split(' ')[1] ?? '';
        order.push(path);
        connection.write(ok(path));
      }
    },
    { connections: 3 },
  );
  const paths = Array.from({ length: 60 }, (_, index) => `/${index}`);
  const answers = await Promise.all(paths.map((path) => ask(pool, path).over));
  expect(answers).toEqual(paths.map((path) => `start 200, data ${path}, end`));
  expect(order.toSorted((a, b) => Number(a.slice(1)) - Number(b.slice(1)))).toEqual(paths);
  expect(server.connections).toHaveLength(3);
});

test.each([
  ['connection: close', ok('x', 'connection: close\r\n'), 'data x, '],
  ['HTTP/1.0', 'HTTP/1.0 200 OK\r\ncontent-length: 1\r\n\r\nx', 'data x, '],
  [
    'HTTP/1.0 with chunks',
    'HTTP/1.0 200 OK\r\nconnection: keep-alive\r\ntransfer-encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n',
    'data x, ',
  ],
  ['keep-alive: timeout=0', ok('x', 'keep-alive: timeout=0\r\n'), 'data x, '],
  ['keep-alive: timeout=1', ok('x', 'keep-alive: max=5, timeout=1\r\n'), 'data x, '],
])('after %s, the next request gets a connection of its own', async (_, answer, data) => {
  const { server, pool } = await start(answering(answer, ok('never')));
  expect(await ask(pool).over).toBe(`start 200, ${data}end`);
  expect(await ask(pool).over).toBe(`start 200, ${data}end`);
  expect(server.connections).toHaveLength(2);
});

test.each([
  ['a length', ok('body'), 'start 200, data body, end'],
  [
    'chunks with extensions and trailers',
    'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2;a=b\r\nbo\r\n2\r\ndy\r\n0\r\nA: b\r\n\r\n',
    'start 200, data body, end',
  ],
  ['204', 'HTTP/1.1 204 No Content\r\n\r\n', 'start 204, end'],
  ['204 with a length', 'HTTP/1.1 204 No Content\r\ncontent-length: 4\r\n\r\n', 'start 204, end'],
  [
    '304 with the length of what it stands for',
    'HTTP/1.1 304 Not Modified\r\ncontent-length: 400\r\n\r\n',
    'start 304, end',
  ],
  [
    'interim responses',
    `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: a\r\n\r\n${ok('body')}`,
    'start 200, data body, end',
  ],
  [
    'HTTP/1.0 that stays',
    'HTTP/1.0 200 OK\r\nconnection: keep-alive\r\ncontent-length: 4\r\n\r\nbody',
    'start 200, data body, end',
  ],
  ['no reason', 'HTTP/1.1 200\r\ncontent-length: 0\r\n\r\n', 'start 200, end'],
])('a response with %s is read to its end, and the connection used again', async (_, answer, told) => {
  const { server, pool } = await start(answering(answer, ok('second')));
  expect(await ask(pool).over).toBe(told);
  expect(await ask(pool).over).toBe('start 200, data second, end');
  expect(server.connections).toHaveLength(1);
});

test('a body without a length lasts until the connection closes', async () => {
  const { server, pool } = await start(async (connection) => {
    await connection.until(/\r\n\r\n/);
    connection.write('HTTP/1.1 200 OK\r\n\r\nall of');
    await turn();
    connection.write(' it');
    connection.socket.end();
  });
  expect(await ask(pool).over).toBe('start 200, data all of it, end');
  expect(await ask(pool).over).toBe('start 200, data all of it, end');
  expect(server.connections).toHaveLength(2);
});

test.each([
  ['garbage', 'garbage\r\n\r\n', /^fail No response begins with "garbage"/],
  ['garbage without an end', '\0\x01\x02', /^fail A line has the control character 0x00/],
  ['HTTP/2', 'HTTP/2.0 200 OK\r\n\r\n', /^fail No response begins with/],
  ['a change of protocols', 'HTTP/1.1 101 Switching Protocols\r\n\r\n', /^fail The other side changes protocols/],
  [
    'a length and chunks',
    'HTTP/1.1 200 OK\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n',
    /^fail A body has a length and a transfer coding/,
  ],
  ['a tab after a length', 'HTTP/1.1 200 OK\r\ncontent-length: 1\t\r\n\r\na', /^fail The header .* ends in a tab/],
  ['two lengths', 'HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n', /^fail The length of a body is/],
  [
    'bad chunks',
    'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nx\r\n',
    /^start 200, fail The size of a chunk is/,
  ],
  [
    'a head of 70,000 bytes',
    `HTTP/1.1 200 OK\r\nx: ${'a'.repeat(70_000)}\r\n\r\n`,
    /^fail A head is longer than 65536 bytes/,
  ],
])('%s instead of a response fails the request, and closes the connection', async (_, answer, told) => {
  const { server, pool } = await start((connection, index) => answering(index === 0 ? answer : ok('fine'))(connection));
  expect(await ask(pool).over).toMatch(told);
  expect(await ask(pool).over).toBe('start 200, data fine, end');
  await server.connections[0]?.closed;
});

test.each([
  ['a FIN before the response', '', 'end', /^fail The other side closed the connection before it answered/],
  ['a FIN within the head', 'HTTP/1.1 200 OK\r\n', 'end', /^fail The connection ended within a message/],
  [
    'a FIN within a body',
    'HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nbo',
    'end',
    /^start 200, data bo, fail The connection ended within/,
  ],
  [
    'a FIN within chunks',
    'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nbo\r\n',
    'end',
    /^start 200, data bo, fail The connection ended within/,
  ],
  ['a FIN after an interim response', 'HTTP/1.1 100 Continue\r\n\r\n', 'end', /^fail The other side closed/],
  ['a reset before the response', '', 'resetAndDestroy', /^fail read ECONNRESET/],
  [
    'a reset within the body',
    'HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nbo',
    'resetAndDestroy',
    /^start 200, data bo, fail read ECONNRESET/,
  ],
  [
    'a reset of a body without a length',
    'HTTP/1.1 200 OK\r\n\r\nbo',
    'resetAndDestroy',
    /^start 200, data bo, fail read ECONNRESET/,
  ],
] as const)('%s fails the request, once', async (_, answer, how, told) => {
  const { server, pool } = await start(async (connection) => {
    await connection.until(/\r\n\r\n/);
    connection.write(answer);
  });
  const { over, begun, told: events } = ask(pool);
  const connection = await server.connection(0);
  await connection.until(/\r\n\r\n/);
  if (told.source.startsWith('^start')) {
    await begun;
    await until(() => events.length === 2 || !told.source.includes('data'));
  }
  connection.socket[how]();
  expect(await over).toMatch(told);
  expect(events.filter((event) => /^(end|fail)/.test(event))).toHaveLength(1);
});

test('two responses for one request: the second reaches nobody, not even the request that waits', async () => {
  const { server, pool } = await start((connection, index) =>
    answering(index === 0 ? ok('first') + ok('poison') : ok('second'))(connection),
  );
  const [first, second] = [ask(pool), ask(pool)];
  expect(await first.over).toBe('start 200, data first, end');
  expect(await second.over).toBe('start 200, data second, end');
  expect(server.connections).toHaveLength(2);
  expect(heads(server.connections[0]?.text() ?? '')).toBe(1);
});

test.each([
  ['a whole response', ok('poison')],
  ['half a response', 'HTTP/1.1 200 OK\r\n'],
  ['an interim response', 'HTTP/1.1 100 Continue\r\n\r\n'],
  ['an empty line', '\r\n'],
])('%s that comes while nothing is asked closes the connection', async (_, poison) => {
  const { server, pool } = await start((connection, index) =>
    answering(index === 0 ? ok('first') : ok('second'))(connection),
  );
  expect(await ask(pool).over).toBe('start 200, data first, end');
  const [connection] = server.connections as [RawSocket];
  connection.write(poison);
  await connection.closed;
  expect(await ask(pool).over).toBe('start 200, data second, end');
});

test('a body longer than announced closes the connection', async () => {
  const { server, pool } = await start((connection, index) =>
    answering(index === 0 ? `${ok('first')}and more` : ok('second'))(connection),
  );
  const [first, second] = [ask(pool), ask(pool)];
  expect(await first.over).toBe('start 200, data first, end');
  expect(await second.over).toBe('start 200, data second, end');
  expect(server.connections).toHaveLength(2);
});

test('a response before the request is written to its end: told, and the connection not used again', async () => {
  const { server, pool } = await start(async (connection, index) => {
    await connection.until(/\r\n\r\n/);
    if (index === 0) connection.socket.pause();
    connection.write(ok('early'));
  });
  expect(await ask(pool, '/', 'x'.repeat(20_000_000)).over).toBe('start 200, data early, end');
  expect(await ask(pool).over).toBe('start 200, data early, end');
  expect(server.connections).toHaveLength(2);
});

test('an upstream that closes an idle connection: the next request does not get it', async () => {
  const { server, pool } = await start(answering(ok('x'), ok('never')));
  await ask(pool).over;
  const [connection] = server.connections as [RawSocket];
  connection.socket.end();
  await connection.closed;
  expect(await ask(pool).over).toBe('start 200, data x, end');
  expect(server.connections).toHaveLength(2);
});

test('an upstream that closes in the very moment of the next request fails that one, and no other', async () => {
  const { pool } = await start(async (connection) => {
    await connection.until(/\r\n\r\n/);
    connection.write(ok('x'));
    await connection.untilHeads(2).catch(() => '');
    connection.socket.destroy();
  });
  expect(await ask(pool).over).toBe('start 200, data x, end');
  const [second, third] = [ask(pool), ask(pool)];
  expect(await second.over).toMatch(/^fail (The other side closed|read ECONNRESET)/);
  expect(await third.over).toBe('start 200, data x, end');
});

test('an idle connection is closed before the other side would close it', async () => {
  const { server, pool } = await start(answering(ok('x', 'keep-alive: timeout=2\r\n')), { timeoutMs: 400 });
  await ask(pool).over;
  const [connection] = server.connections as [RawSocket];
  expect(await Promise.race([connection.closed, delay(2_000, 'the other side')])).toBe('end');
});

test('abort while connecting, waiting for the response, and streaming: nothing is told, the connection is not reused', async () => {
  const { server, pool } = await start(
    (connection) =>
      void connection.until(/\/streamed/).then(
        () => connection.write('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nbo'),
        () => undefined,
      ),
  );
  const connecting = ask(pool, '/connecting');
  connecting.running.abort();
  const waiting = ask(pool, '/waiting');
  await until(() => server.connections.some(({ text }) => text().includes('/waiting')));
  waiting.running.abort();
  const streamed = ask(pool, '/streamed');
  await streamed.begun;
  streamed.running.abort();
  streamed.running.abort();
  await Promise.all(server.connections.map(({ closed }) => closed));
  expect([connecting.told, waiting.told]).toEqual([[], []]);
  expect(streamed.told).toEqual(['start 200', 'data bo']);
  expect(server.connections.every(({ text }) => heads(text()) <= 1)).toBe(true);
});

test('more requests than may wait: the last is told so at once, and never sent; the others are answered', async () => {
  const { server, pool } = await start(answering(ok('first'), ok('second')), { maxWaiting: 1 });
  const asked = [ask(pool, '/1'), ask(pool, '/2'), ask(pool, '/3')] as const;
  expect(await asked[2].over).toBe('fail 1 requests are running and 1 are waiting.');
  expect(await asked[0].over).toBe('start 200, data first, end');
  expect(await asked[1].over).toBe('start 200, data second, end');
  expect(server.connections[0]?.text()).not.toContain('/3');
});

test('a request that waits too long for a connection is told so, and never sent; the running one is not disturbed', async () => {
  let release = (): void => undefined;
  const released = new Promise<void>((resolve) => (release = resolve));
  const { server, pool } = await start(
    async (connection) => {
      await connection.untilHeads(1);
      await released;
      connection.write(ok('first'));
    },
    { maxWaitMs: 50 },
  );
  const first = ask(pool, '/1');
  expect(await ask(pool, '/2').over).toMatch(/^fail No connection was free for \d+ ms\.$/);
  release();
  expect(await first.over).toBe('start 200, data first, end');
  expect(server.connections[0]?.text()).not.toContain('/2');
});

test('abort of a request that waits for a connection: it is never sent', async () => {
  const { server, pool } = await start(answering(ok('first'), ok('third')));
  const [first, second, third] = [ask(pool, '/1'), ask(pool, '/2'), ask(pool, '/3')];
  second.running.abort();
  await first.over;
  expect(await third.over).toBe('start 200, data third, end');
  expect(second.told).toEqual([]);
  expect(server.connections[0]?.text()).not.toContain('/2');
});

test('abort from within the data of a response whose end has come as well: the next request is not lost', async () => {
  const { server, pool } = await start(answering(ok('x'), ok('x')));
  const told: string[] = [];
  const running = pool.send('GET / HTTP/1.1\r\nhost: a\r\n\r\n', {
    start: () => undefined,
    data: () => {
      told.push('data');
      running.abort();
    },
    end: () => told.push('end'),
    fail: () => told.push('fail'),
  });
  await until(() => told.length > 0);
  expect(await ask(pool).over).toBe('start 200, data x, end');
  expect(await ask(pool).over).toBe('start 200, data x, end');
  expect(told).toEqual(['data']);
  expect(server.connections).toHaveLength(2);
});

test('a listener that throws fails its own request only', async () => {
  const warnings: Error[] = [];
  const onWarning = (warning: Error): void => void warnings.push(warning);
  process.on('warning', onWarning);
  const { pool } = await start(answering(ok('x'), ok('x')));
  for (const stage of ['start', 'data', 'end']) {
    const told: string[] = [];
    const at = (name: string) => (): void => {
      told.push(name);
      if (name === stage) throw new Error(`thrown in ${name}`);
    };
    pool.send('GET / HTTP/1.1\r\nhost: a\r\n\r\n', {
      start: at('start'),
      data: at('data'),
      end: at('end'),
      fail: (error) => told.push(error.message),
    });
    await until(() => told.includes('end') || told.includes(`thrown in ${stage}`));
    // Exactly one of end and fail; what end throws goes to the process.
    expect(told.at(-1)).toBe(stage === 'end' ? 'end' : `thrown in ${stage}`);
    expect(await ask(pool).over).toBe('start 200, data x, end');
  }
  await turn();
  process.off('warning', onWarning);
  expect(warnings.map(({ message }) => message)).toEqual(['thrown in end']);
});

test('pause holds the other side back with flat memory; resume goes on; time does not run meanwhile', async () => {
  const piece = Buffer.alloc(65_536, 120);
  const total = 60_000_000;
  let sent = 0;
  const { pool } = await start(
    async (connection) => {
      await connection.until(/\r\n\r\n/);
      connection.write(`HTTP/1.1 200 OK\r\ncontent-length: ${total}\r\n\r\n`);
      while (sent < total && !connection.socket.destroyed) {
        const rest = piece.subarray(0, Math.min(piece.length, total - sent));
        sent += rest.length;
        if (!connection.socket.write(rest)) await new Promise((resolve) => connection.socket.once('drain', resolve));
      }
    },
    { timeoutMs: 100 },
  );
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
  // Longer than the time that a response may take between two pieces.
  await delay(250);
  expect(got).toBeLessThan(70_000);
  expect(sent).toBeLessThan(30_000_000);
  expect(outcome).toBe('');
  running.resume();
  await until(() => outcome !== '');
  expect(outcome).toBe('end');
  expect(got).toBe(total);
});

test.each([
  ['a head', '', /^fail The other side sent nothing for/],
  ['the rest of a head', 'HTTP/1.1 200 OK\r\n', /^fail The other side sent nothing for/],
  [
    'the next piece',
    'HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nbo',
    /^start 200, data bo, fail The other side sent nothing for/,
  ],
])('time runs out while waiting for %s', async (_, answer, told) => {
  const { server, pool } = await start(answering(answer), { timeoutMs: 60 });
  expect(await ask(pool).over).toMatch(told);
  await server.connections[0]?.closed;
});

test('an upstream that sends something again and again has all the time it needs', async () => {
  const { pool } = await start(
    async (connection) => {
      await connection.until(/\r\n\r\n/);
      connection.write('HTTP/1.1 200 OK\r\ncontent-length: 8\r\n\r\n');
      for (let count = 0; count < 8; count++) {
        await delay(50);
        connection.write('x');
      }
    },
    { timeoutMs: 200 },
  );
  expect(await ask(pool).over).toBe('start 200, data xxxxxxxx, end');
});

test('nobody listens, nobody is called so, and a port of nothing: clear errors', async () => {
  const { server } = await start();
  await server.close();
  expect(await ask(pool as ConnectionPool).over).toMatch(/^fail connect ECONNREFUSED/);
  const unknown = createConnectionPool({ url: new URL('http://nobody.invalid'), connections: 1, timeoutMs: 5_000 });
  const [first, second] = [ask(unknown), ask(unknown)];
  expect(await first.over).toMatch(/^fail getaddrinfo (ENOTFOUND|EAI_AGAIN) nobody\.invalid/);
  expect(await second.over).toMatch(/^fail getaddrinfo/);
  unknown.close();
});

test('an IPv6 address in the URL', async () => {
  const { server, pool } = await start(answering(ok('six')), { host: '::1' });
  expect(server.url.host).toContain('[::1]');
  expect(await ask(pool).over).toBe('start 200, data six, end');
});

test('a name with several addresses, of which only one answers', async () => {
  const { server } = await start(answering(ok('local'), ok('again')));
  const named = createConnectionPool({
    url: new URL(`http://localhost:${server.port}`),
    connections: 1,
    timeoutMs: 5_000,
  });
  expect(await ask(named).over).toBe('start 200, data local, end');
  expect(await ask(named).over).toBe('start 200, data again, end');
  expect(server.connections).toHaveLength(1);
  named.close();
});

test('close fails what runs and what waits, and what comes after', async () => {
  const { server, pool } = await start();
  const [running, waiting] = [ask(pool), ask(pool)];
  await (await server.connection(0)).until(/\r\n\r\n/);
  pool.close();
  const late = ask(pool);
  for (const { over } of [running, waiting, late]) expect(await over).toBe('fail The gateway is stopping.');
  await server.connections[0]?.closed;
  expect(server.connections).toHaveLength(1);
});
