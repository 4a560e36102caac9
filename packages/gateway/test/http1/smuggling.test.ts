import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connectRaw, turn } from './support/rawSocket.js';
import { startTestServer, statuses, type TestServer } from './support/testServer.js';

let running: TestServer;
beforeAll(async () => {
  running = await startTestServer();
});
afterAll(() => running.close());

const smuggled = 'GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n';
const post = (headers: string, body: string): string => `POST /first HTTP/1.1\r\nHost: a\r\n${headers}\r\n\r\n${body}`;
const get = (line: string, headers = 'Host: a\r\n'): string => `${line}\r\n${headers}\r\n`;
const chunked = 'Transfer-Encoding: chunked';
const many = (count: number, line: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => line(index)).join('');

const refused: readonly [name: string, bytes: string, status: number][] = [
  ['a length and chunks (CL.TE)', post(`Content-Length: 6\r\n${chunked}`, '0\r\n\r\nG'), 400],
  ['chunks and a length (TE.CL)', post(`${chunked}\r\nContent-Length: 3`, '1\r\nx\r\n0\r\n\r\n'), 400],
  ['a tab after a length', post('Content-Length: 2\t', 'xy'), 400],
  ['a tab after chunked', post('Transfer-Encoding: chunked\t ', '2\r\nxy\r\n0\r\n\r\n'), 400],
  ['two lengths that differ', post('Content-Length: 1\r\nContent-Length: 2', 'xy'), 400],
  ['two lengths that agree', post('Content-Length: 1\r\nContent-Length: 1', 'x'), 400],
  ['a list of lengths', post('Content-Length: 1, 1', 'x'), 400],
  ['a length with a plus', post('Content-Length: +1', 'x'), 400],
  ['a negative length', post('Content-Length: -1', 'x'), 400],
  ['a length in hexadecimal', post('Content-Length: 0x1', 'x'), 400],
  ['a length with a unit', post('Content-Length: 1b', 'x'), 400],
  ['an empty length', post('Content-Length:', 'x'), 400],
  ['a length beyond 2^53', post('Content-Length: 18446744073709551617', 'x'), 400],
  ['a length in other digits', post('Content-Length: \xb2', 'x'), 400],
  ['xchunked', post('Transfer-Encoding: xchunked', '0\r\n\r\n'), 501],
  ['chunked twice', post('Transfer-Encoding: chunked, chunked', '0\r\n\r\n'), 501],
  ['chunked in two headers', post(`${chunked}\r\n${chunked}`, '0\r\n\r\n'), 501],
  ['chunked and identity', post(`${chunked}\r\nTransfer-Encoding: identity`, '0\r\n\r\n'), 501],
  ['gzip', post('Transfer-Encoding: gzip, chunked', '0\r\n\r\n'), 501],
  ['identity', post('Transfer-Encoding: identity', ''), 501],
  ['an empty coding', post('Transfer-Encoding:', '0\r\n\r\n'), 501],
  ['a vertical tab before chunked', post('Transfer-Encoding: \x0bchunked', '0\r\n\r\n'), 400],
  ['chunked in quotes', post('Transfer-Encoding: "chunked"', '0\r\n\r\n'), 501],
  ['a space before the colon', post('Transfer-Encoding : chunked', '0\r\n\r\n'), 400],
  ['a tab before the colon', post('Content-Length\t: 1', 'x'), 400],
  ['a line that continues a header', post('X: a\r\n Content-Length: 1', 'x'), 400],
  ['a continued coding', post('Transfer-Encoding:\r\n chunked', '0\r\n\r\n'), 400],
  ['a first header that is continued', 'GET / HTTP/1.1\r\n Host: a\r\n\r\n', 400],
  ['bare LF between headers', 'GET / HTTP/1.1\r\nHost: a\nX: b\r\n\r\n', 400],
  ['bare LF throughout', 'GET / HTTP/1.1\nHost: a\n\n', 400],
  ['bare CR in a value', get('GET / HTTP/1.1', 'Host: a\r\nX: a\rContent-Length: 5\r\n'), 400],
  ['CR CR LF', 'GET / HTTP/1.1\r\r\nHost: a\r\n\r\n', 400],
  ['NUL in a value', get('GET / HTTP/1.1', 'Host: a\r\nX: a\0b\r\n'), 400],
  ['NUL in a name', get('GET / HTTP/1.1', 'Host: a\r\nX\0: a\r\n'), 400],
  ['a header without a colon', get('GET / HTTP/1.1', 'Host: a\r\nX\r\n'), 400],
  ['a header without a name', get('GET / HTTP/1.1', 'Host: a\r\n: x\r\n'), 400],
  ['a name in other letters', get('GET / HTTP/1.1', 'Host: a\r\nContent-Length\xa0: 3\r\n'), 400],
  ['HTTP/1.0 with chunks', `POST /first HTTP/1.0\r\n${chunked}\r\n\r\n0\r\n\r\n`, 400],
  ['no host', get('GET / HTTP/1.1', ''), 400],
  ['two hosts', get('GET / HTTP/1.1', 'Host: a\r\nHost: b\r\n'), 400],
  ['the same host twice', get('GET / HTTP/1.1', 'Host: a\r\nHost: a\r\n'), 400],
  ['a host with a blank', get('GET / HTTP/1.1', 'Host: a b\r\n'), 400],
  ['a host with a path', get('GET / HTTP/1.1', 'Host: a/b\r\n'), 400],
  ['a host with a user', get('GET / HTTP/1.1', 'Host: b@a\r\n'), 400],
  ['HTTP/0.9', 'GET /\r\n\r\n', 400],
  ['HTTP/2.0', get('GET / HTTP/2.0'), 400],
  ['HTTP/1.2', get('GET / HTTP/1.2'), 400],
  ['HTTP/1.10', get('GET / HTTP/1.10'), 400],
  ['http in small letters', get('GET / http/1.1'), 400],
  ['the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400],
  ['two blanks', get('GET  / HTTP/1.1'), 400],
  ['a tab for a blank', get('GET\t/ HTTP/1.1'), 400],
  ['a blank before the method', get(' GET / HTTP/1.1'), 400],
  ['a blank after the version', get('GET / HTTP/1.1 '), 400],
  ['a blank in the target', get('GET /a b HTTP/1.1'), 400],
  ['no target', get('GET HTTP/1.1'), 400],
  ['a target beyond ASCII', get('GET /\xe4 HTTP/1.1'), 400],
  ['a target that is no path', get('GET a HTTP/1.1'), 400],
  ['an authority as target', get('CONNECT a:443 HTTP/1.1'), 400],
  ['a method in small letters', get('get / HTTP/1.1'), 400],
  ['a method with odd characters', get('GE"T / HTTP/1.1'), 400],
  ['a method of nobody', get('PURGE / HTTP/1.1'), 400],
  ['a head of one long line', get(`GET /${'a'.repeat(17_000)} HTTP/1.1`), 431],
  ['a head of one long header', get('GET / HTTP/1.1', `Host: a\r\nX: ${'a'.repeat(17_000)}\r\n`), 431],
  ['a head of many headers', get('GET / HTTP/1.1', `Host: a\r\n${many(4_000, (index) => `x${index}:\r\n`)}`), 431],
  ['a chunk size beyond 2^48', post(chunked, '1000000000000\r\nx\r\n0\r\n\r\n'), 400],
  ['a chunk size that overflows', post(chunked, 'ffffffffffffffff1\r\nx\r\n0\r\n\r\n'), 400],
  ['a chunk size with 0x', post(chunked, '0x1\r\nx\r\n0\r\n\r\n'), 400],
  ['a chunk size with a plus', post(chunked, '+1\r\nx\r\n0\r\n\r\n'), 400],
  ['a negative chunk size', post(chunked, '-1\r\nx\r\n0\r\n\r\n'), 400],
  ['a chunk size with a blank before it', post(chunked, ' 1\r\nx\r\n0\r\n\r\n'), 400],
  ['a chunk size with a blank after it', post(chunked, '1 \r\nx\r\n0\r\n\r\n'), 400],
  ['an empty chunk size', post(chunked, '\r\nx\r\n0\r\n\r\n'), 400],
  ['a chunk size that ends in LF', post(chunked, '1\nx\r\n0\r\n\r\n'), 400],
  ['LF in a chunk extension', post(chunked, '1;a\nx\r\nx\r\n0\r\n\r\n'), 400],
  ['CR in a chunk extension', post(chunked, '1;a\rb\r\nx\r\n0\r\n\r\n'), 400],
  ['a chunk longer than its size', post(chunked, '1\r\nxx\r\n0\r\n\r\n'), 400],
  ['a chunk that ends in LF', post(chunked, '1\r\nx\n0\r\n\r\n'), 400],
  ['a chunk extension of 5,000 bytes', post(chunked, `1;a=${'b'.repeat(5_000)}\r\nx\r\n0\r\n\r\n`), 400],
  [
    'chunk extensions of 20,000 bytes',
    post(chunked, `${many(20, () => `1;a=${'b'.repeat(1_000)}\r\nx\r\n`)}0\r\n\r\n`),
    413,
  ],
  ['a trailer that is no header', post(chunked, '0\r\nX : a\r\n\r\n'), 400],
  ['a trailer with a length', post(chunked, '0\r\nContent-Length: 5\r\n\r\n'), 400],
  ['a trailer with a coding', post(chunked, `0\r\n${chunked}\r\n\r\n`), 400],
  ['trailers of 20,000 bytes', post(chunked, `0\r\n${many(20, () => `A: ${'b'.repeat(1_000)}\r\n`)}\r\n`), 431],
];

describe('what parsers may disagree about is refused, and nothing after it is served', () => {
  test.each(refused)('%s', async (_, bytes, status) => {
    const before = running.seen.length;
    const client = connectRaw(running.server.port);
    client.write(bytes + smuggled);
    expect(await client.closed).toBe('end');
    expect(statuses(client.text())).toEqual([status]);
    expect(client.text()).toMatch(/\r\nconnection: close\r\n/);
    expect(running.seen.slice(before)).not.toContain('GET /smuggled');
  });

  test.each(refused.filter(([, bytes]) => bytes.length < 300))('%s, byte by byte', async (_, bytes, status) => {
    const client = connectRaw(running.server.port);
    for (const byte of bytes + smuggled) {
      if (client.socket.destroyed) break;
      client.write(byte);
      await turn();
    }
    await client.closed;
    expect(statuses(client.text())).toEqual([status]);
  });
});

const accepted: readonly [name: string, bytes: string, body: string][] = [
  ['a length with leading zeros', post('Content-Length: 0002', 'xy'), 'xy'],
  ['a length with blanks around it', post('Content-Length: \t 2 ', 'xy'), 'xy'],
  ['a length of zero', post('Content-Length: 0', ''), ''],
  ['Chunked in another case', post('TRANSFER-ENCODING: CHUNKed', '2\r\nxy\r\n0\r\n\r\n'), 'xy'],
  ['chunked after a tab', post('Transfer-Encoding:\tchunked ', '2\r\nxy\r\n0\r\n\r\n'), 'xy'],
  ['chunk sizes with leading zeros', post(chunked, '0002\r\nxy\r\n000\r\n\r\n'), 'xy'],
  [
    'chunk sizes in both cases',
    post(chunked, `a\r\n${'x'.repeat(10)}\r\nA\r\n${'y'.repeat(10)}\r\n0\r\n\r\n`),
    `${'x'.repeat(10)}${'y'.repeat(10)}`,
  ],
  ['chunk extensions', post(chunked, '2;a;b=c;d="e;\\"f"\r\nxy\r\n0;z\r\n\r\n'), 'xy'],
  ['trailers', post(chunked, '2\r\nxy\r\n0\r\nA: b\r\nC:\r\n\r\n'), 'xy'],
  ['empty lines before a request', `\r\n\r\n${post('Content-Length: 2', 'xy')}`, 'xy'],
  ['a target in absolute form', get('GET http://b:1/path?x=y HTTP/1.1'), ''],
  ['an asterisk', get('OPTIONS * HTTP/1.1'), ''],
  ['odd but visible characters in the target', get('GET /a"<>^`{|}\\%00[] HTTP/1.1'), ''],
  ['an empty host', get('GET / HTTP/1.1', 'Host:\r\n'), ''],
  ['a host that is an IPv6 address', get('GET / HTTP/1.1', 'Host: [::1]:8080\r\n'), ''],
  ['a header twice', get('GET / HTTP/1.1', 'Host: a\r\nX: 1\r\nx: 2\r\n'), ''],
  [
    'an upgrade, which is not done',
    get('GET / HTTP/1.1', 'Host: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\n'),
    '',
  ],
  ['an expectation that nobody knows', get('GET / HTTP/1.1', 'Host: a\r\nExpect: wonders\r\n'), ''],
];

describe('what is HTTP/1.1 is served, and the next request after it', () => {
  test.each(accepted)('%s', async (_, bytes, body) => {
    const client = connectRaw(running.server.port);
    client.write(`${bytes}GET /second HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`);
    expect(await client.closed).toBe('end');
    const text = client.text();
    expect(statuses(text)).toEqual([200, 200]);
    expect(text.slice(text.indexOf('\r\n\r\n') + 4).split('HTTP/1.1 200')[0]).toBe(body);
    expect(running.seen.at(-1)).toBe('GET /second');
  });
});

test('a client that speaks TLS is told at once', async () => {
  const client = connectRaw(running.server.port);
  client.write(Buffer.from('16030100c8010000c40303', 'hex'));
  expect(await client.closed).toBe('end');
  expect(statuses(client.text())).toEqual([400]);
});
