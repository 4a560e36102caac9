import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { isDeepStrictEqual } from 'node:util';
import { createRandom, type Random, testSeed } from '@kedge/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createMessageParser, framingOf } from '../../src/http1/messageParser.js';
import { type HttpServer, startHttpServer } from '../../src/http1/startHttpServer.js';
import { cut, randomRequests, streams } from './support/randomStreams.js';
import { connectRaw, writePieces } from './support/rawSocket.js';

type Seen = {
  readonly method: string;
  readonly target: string;
  readonly headers: [string, string][];
  readonly body: string;
};
type Outcome = { readonly seen: Seen[]; readonly refused: string | undefined };

let ours: HttpServer;
const theirs = createServer({ keepAliveTimeout: 0 });
const theirOutcomes = new Map<
  number,
  { seen: (() => Seen | undefined)[]; refused: string | undefined; closed: Promise<void> }
>();

beforeAll(async () => {
  ours = await startHttpServer({
    host: '127.0.0.1',
    port: 0,
    onRequest: ({ method, target, headers, readBody }, response) =>
      readBody(
        1e6,
        (body) => {
          const seen: Seen = { method, target, headers: [...headers], body: body.toString('latin1') };
          response.send(200, { seen: hex(JSON.stringify(seen)) }, '');
        },
        (failure) => {
          if (failure.kind === 'invalid')
            response.send(failure.error.status, { refused: hex(failure.error.message) }, '');
        },
      ),
    onInvalid: ({ message, status }, response) => response.send(status, { refused: hex(message) }, ''),
    onError: (error) => process.emitWarning(error),
  });
  const answer = (request: IncomingMessage): void => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    theirOutcomes.get(request.socket.remotePort as number)?.seen.push(() =>
      request.complete
        ? {
            method: request.method as string,
            target: request.url as string,
            headers: joined(request.rawHeaders),
            body: Buffer.concat(chunks).toString('latin1'),
          }
        : undefined,
    );
  };
  theirs.on('connection', (socket: Socket) => {
    const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
    theirOutcomes.set(socket.remotePort as number, { seen: [], refused: undefined, closed });
  });
  // The answer waits until all has come, because an early one would end the connection.
  theirs.on('request', (request, response) => {
    answer(request);
    request.once('end', () => response.writeHead(200, { 'content-length': 0 }).end());
  });
  theirs.on('checkExpectation', (request, response) => theirs.emit('request', request, response));
  theirs.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    const outcome = theirOutcomes.get(socket.remotePort as number);
    if (outcome !== undefined) outcome.refused ??= `${error.code} ${error.message}`;
    socket.destroy();
  });
  await new Promise<void>((resolve) => theirs.listen(0, '127.0.0.1', resolve));
});
afterAll(async () => {
  await ours.close();
  theirs.closeAllConnections();
  theirs.close();
});

const hex = (text: string): string => Buffer.from(text).toString('hex');
const unhex = (text: string): string => Buffer.from(text, 'hex').toString();

function joined(raw: readonly string[]): [string, string][] {
  const headers = new Map<string, string>();
  for (let at = 0; at < raw.length; at += 2) {
    const name = (raw[at] as string).toLowerCase();
    const value = raw[at + 1] as string;
    const earlier = headers.get(name);
    headers.set(name, earlier === undefined ? value : `${earlier}, ${value}`);
  }
  return [...headers];
}

async function send(port: number, pieces: readonly Buffer[]): Promise<{ text: string; localPort: number }> {
  const client = connectRaw(port);
  await new Promise<void>((resolve) => client.socket.once('connect', () => resolve()));
  const localPort = client.socket.localPort as number;
  await writePieces(client.socket, pieces);
  client.socket.end();
  await client.closed;
  return { text: client.text(), localPort };
}

async function askOurs(pieces: readonly Buffer[]): Promise<Outcome> {
  const { text } = await send(ours.port, pieces);
  const seen = [...text.matchAll(/^seen: ([0-9a-f]+)/gm)].map(([, json = '']) => JSON.parse(unhex(json)) as Seen);
  const refused = /^refused: ([0-9a-f]+)/m.exec(text)?.[1];
  return { seen, refused: refused === undefined ? undefined : unhex(refused) };
}

async function askTheirs(pieces: readonly Buffer[]): Promise<Outcome> {
  const { localPort } = await send((theirs.address() as AddressInfo).port, pieces);
  const outcome = theirOutcomes.get(localPort);
  if (outcome === undefined) throw new Error('The connection was not seen.');
  await outcome.closed;
  theirOutcomes.delete(localPort);
  return { seen: outcome.seen.map((get) => get()).filter((seen) => seen !== undefined), refused: outcome.refused };
}

/** What only we refuse, and why that is right. */
const strictHere = [
  /^A request has exactly one Host header/, // node:http lets through hosts with blanks or slashes in them
  /^No request begins with/, // versions and methods that are none of HTTP/1.1's, fragments
  /^The size of a chunk is/, // extensions without a name; other parsers end the line elsewhere
  /^There is no trailer/,
  /^The transfer coding/, // gzip, chunked: nobody here would unpack it
  /^HTTP\/1.0 has no transfer codings/, // RFC 9112, 6.1
  /^A line has the control character/, // bare CR or LF between messages
  /^The header "(content-length|transfer-encoding): .*" ends in a tab/, // a part of the value to others
  /^The length of a body is "\d{16,}"/, // more than a number holds
];

test(
  'what is accepted is framed as node:http frames it, and what node:http refuses is refused',
  async () => {
    const random = createRandom(testSeed);
    const refusedHereOnly: string[] = [];
    const wrong: string[] = [];
    let accepted = 0;
    const one = async (bytes: Buffer, pieces: readonly Buffer[]): Promise<void> => {
      const [mine, other] = await Promise.all([askOurs(pieces), askTheirs(pieces)]);
      const told = `seed ${testSeed}, stream ${JSON.stringify(bytes.toString('latin1'))}, theirs ${JSON.stringify(other)}, ours ${JSON.stringify(mine)}`;
      const expected = other.seen;
      const got = mine.seen;
      accepted += got.length;
      if (!isDeepStrictEqual(got, expected.slice(0, got.length))) wrong.push(`framed otherwise: ${told}`);
      // RFC 9112, 9.6: nothing is read after `close`, which node:http does where `keep-alive` is said too.
      const isClosed = /\bclose\b/.test(new Map(got.at(-1)?.headers).get('connection') ?? '');
      if (got.length < expected.length && mine.refused === undefined && !isClosed) wrong.push(`lost: ${told}`);
      const { refused } = mine;
      if (refused === undefined || other.refused !== undefined) return;
      if (!strictHere.some((known) => known.test(refused))) refusedHereOnly.push(told);
    };
    await inParallel(streams(600), random, one);
    expect(refusedHereOnly.slice(0, 5)).toEqual([]);
    expect(wrong.slice(0, 5)).toEqual([]);
    expect(accepted).toBeGreaterThan(300);
  },
  streams(60_000),
);

async function inParallel(
  count: number,
  random: Random,
  one: (bytes: Buffer, pieces: readonly Buffer[]) => Promise<void>,
): Promise<void> {
  let left = count;
  const work = async (): Promise<void> => {
    while (left-- > 0) {
      const bytes = randomRequests(random);
      await one(bytes, cut(random, bytes));
    }
  };
  await Promise.all(Array.from({ length: 16 }, work));
}

test('where a stream is cut changes nothing', () => {
  const random = createRandom(testSeed + 1);
  const parse = (pieces: readonly Buffer[]): string[] => {
    const events: string[] = [];
    let body = '';
    const parser = createMessageParser(
      {
        head: ({ startLine, headers }) => {
          events.push(JSON.stringify([startLine, ...headers]));
          return framingOf(headers) ?? 0;
        },
        data: (chunk) => (body += chunk.toString('latin1')),
        end: () => {
          events.push(body);
          body = '';
        },
      },
      500,
    );
    try {
      for (const piece of pieces) parser.push(piece);
    } catch (error) {
      events.push((error as Error).name);
    }
    return events;
  };
  for (let count = 0; count < streams(2_000); count++) {
    const bytes = randomRequests(random);
    const whole = parse([bytes]);
    expect(parse(cut(random, bytes)), JSON.stringify(bytes.toString('latin1'))).toEqual(whole);
  }
});
