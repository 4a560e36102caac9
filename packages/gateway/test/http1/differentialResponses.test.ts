import { type IncomingMessage, request as httpRequest } from 'node:http';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createConnectionPool } from '../../src/http1/createConnectionPool.js';
import { type RawServer, startRawServer, writePieces } from './support/rawSocket.js';
import { createRandom, testSeed } from '@kedge/testing';
import { cut, randomResponse, streams } from './support/randomStreams.js';

type Outcome =
  | { readonly status: number; readonly headers: readonly [string, string][]; readonly body: string }
  | { readonly refused: string };

// What each request asks for, by the number in its path.
const answers = new Map<string, readonly Buffer[]>();
let server: RawServer;

beforeAll(async () => {
  server = await startRawServer(async (connection) => {
    const [, number = ''] = /^GET \/(\d+) /.exec(await connection.until(/\r\n\r\n/).catch(() => '')) ?? [];
    await writePieces(connection.socket, answers.get(number) ?? []);
    connection.socket.end();
  });
});
afterAll(() => server.close());

function askOurs(number: number): Promise<Outcome> {
  const pool = createConnectionPool({ url: server.url, connections: 1, timeoutMs: 10_000 });
  return new Promise<Outcome>((resolve) => {
    let head: { status: number; headers: [string, string][] } = { status: 0, headers: [] };
    let body = '';
    pool.send(`GET /${number} HTTP/1.1\r\nhost: a\r\n\r\n`, {
      start: (status, headers) => (head = { status, headers: [...headers] }),
      data: (chunk) => (body += chunk.toString('latin1')),
      end: () => resolve({ ...head, body }),
      fail: (error) => resolve({ refused: error.message }),
    });
  }).finally(pool.close);
}

function askTheirs(number: number): Promise<Outcome> {
  return new Promise((resolve) => {
    let begun: IncomingMessage | undefined;
    const refuse = (error: Error): void => {
      // It is about what follows this response, which is another's concern: ours ends with its response, too.
      if (begun?.complete === true && /after `Connection: close`|Expected HTTP/.test(error.message)) finish(begun);
      else resolve({ refused: error.message });
    };
    const chunks: Buffer[] = [];
    const finish = (response: IncomingMessage): void => {
      // What is read is also told as data.
      while (response.read() !== null);
      const body = Buffer.concat(chunks).toString('latin1');
      resolve({ status: response.statusCode ?? 0, headers: joined(response.rawHeaders), body });
    };
    const request = httpRequest(
      { port: server.port, host: '127.0.0.1', path: `/${number}`, agent: false },
      (response) => {
        begun = response;
        response.on('error', refuse);
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => (response.complete ? finish(response) : resolve({ refused: 'incomplete' })));
      },
    );
    request.on('error', refuse);
    request.on('close', () => resolve({ refused: 'closed' }));
    request.end();
  });
}

function joined(raw: readonly string[]): [string, string][] {
  const headers = new Map<string, string>();
  for (let at = 0; at < raw.length; at += 2) {
    const name = (raw[at] as string).toLowerCase();
    const earlier = headers.get(name);
    headers.set(name, earlier === undefined ? (raw[at + 1] as string) : `${earlier}, ${raw[at + 1]}`);
  }
  return [...headers];
}

/** What only we refuse, and why that is right. */
const strictHere = [
  /^No response begins with/, // three digits that are no status
  /^The size of a chunk is/, // extensions without a name
  /^There is no trailer/,
  /^The transfer coding/, // gzip, chunked: what is compressed cannot be counted
  /^A line has the control character/, // bare CR or LF before a response
  /^The connection ended within a message/,
  /^The other side changes protocols/,
  /^The length of a body is "\d{16,}"/, // more than a number holds, also where there is no body
  /^The header "(content-length|transfer-encoding): .*" ends in a tab/, // a part of the value to others
];

test(
  'a response is understood as node:http understands it, and what node:http refuses is refused',
  async () => {
    const random = createRandom(testSeed + 2);
    const refusedHereOnly: string[] = [];
    const wrong: string[] = [];
    let accepted = 0;
    let number = 0;
    const most = streams(400);
    const work = async (): Promise<void> => {
      while (number < most) {
        const mine = ++number;
        const bytes = randomResponse(random);
        answers.set(`${mine}`, cut(random, bytes));
        const [ours, theirs] = await Promise.all([askOurs(mine), askTheirs(mine)]);
        const told = `seed ${testSeed}: ${JSON.stringify({ bytes: bytes.toString('latin1'), ours, theirs })}`;
        if ('refused' in ours) {
          const { refused } = ours;
          if (!('refused' in theirs) && !strictHere.some((known) => known.test(refused))) refusedHereOnly.push(told);
        } else {
          accepted++;
          if (JSON.stringify(ours) !== JSON.stringify(theirs)) wrong.push(told);
        }
      }
    };
    await Promise.all(Array.from({ length: 16 }, work));
    expect(refusedHereOnly.slice(0, 5)).toEqual([]);
    expect(wrong.slice(0, 5)).toEqual([]);
    expect(accepted).toBeGreaterThan(200);
  },
  streams(60_000),
);
