import { STATUS_CODES } from 'node:http';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { createMessageParser, framingOf, isPersistent } from './messageParser.js';
import { type Head, type HeaderFields, HttpSyntaxError } from './parseHead.js';

/** One request, as soon as its head is there. */
export type HttpRequest = {
  readonly method: string;
  /** As the client wrote it: a path with its query, or a URL. */
  readonly target: string;
  readonly headers: HeaderFields;
  readonly remoteAddress: string | undefined;
  /** Asks, once, for the whole body; exactly one of the two is called. Without it the body is thrown away. */
  readonly readBody: (
    maxBytes: number,
    onBody: (body: Buffer) => void,
    onFailure: (error: BodyFailure) => void,
  ) => void;
};

/** Why there is no body: it is longer than `maxBytes`, it is no HTTP, or the client left before its end. */
export type BodyFailure =
  | { readonly kind: 'tooLarge'; readonly bytes: number }
  | { readonly kind: 'invalid'; readonly error: HttpSyntaxError }
  | { readonly kind: 'gone' };

/** The answer to one request. What is called after the connection is gone does nothing. */
export type HttpResponse = {
  readonly hasBegun: () => boolean;
  readonly isGone: () => boolean;
  /** Calls back, once, when the connection goes before the answer has ended, or has gone already. */
  readonly onGone: (callback: (() => void) | undefined) => void;
  /** A whole answer. A string is taken for latin1: one byte a character. Headers are written as they are: no line ends in them. */
  readonly send: (status: number, headers: Readonly<Record<string, string>>, body: Buffer | string) => void;
  /** The head of an answer that comes in pieces. */
  readonly begin: (status: number, headers: Readonly<Record<string, string>>) => void;
  /** The next piece. Answers whether more is welcome now; if not, `onDrain` tells when. */
  readonly write: (bytes: Buffer) => boolean;
  /** Calls back once, when all pieces have left. Only the last that is given is called. */
  readonly onDrain: (callback: () => void) => void;
  readonly end: () => void;
  /** Cuts the connection: the client sees that the answer is not whole. */
  readonly destroy: () => void;
};

export type HttpServer = {
  readonly port: number;
  /** Takes no more connections, closes idle ones, and the others when their request is answered. */
  readonly stop: () => void;
  /** Cuts what is still open; resolves when all are closed. */
  readonly close: () => Promise<void>;
};

const maxHeadBytes = 16 * 1024;
const mostIgnoredBytes = 1024 * 1024;
const mostLooseChunks = 256;
// RFC 9112, 3: one space between its parts; a path, a URL, or the asterisk of OPTIONS.
const requestLine =
  /^(GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS|TRACE) (\/[\x21-\x7e]*|[A-Za-z]+:\/\/[!$%&'()*+,.:;=@[\]_~0-9A-Za-z-]+(?:[/?][\x21-\x7e]*)?|\*) HTTP\/1\.([01])$/;
// RFC 3986, 3.2.2, without the comma that joins two headers.
const isHost = /^[!$%&'()*+.:;=[\]_~0-9A-Za-z-]*$/;

/** How long a connection may stay as it is, in milliseconds. */
export type HttpTimes = {
  /** How often they are looked at. */
  readonly tick: number;
  readonly idle: number;
  /** From a request's first byte to the end of its head, and then to the end of its body, however steadily bytes drip in. */
  readonly head: number;
  readonly body: number;
  /** For a client that takes none of what it asked for. */
  readonly stalled: number;
  /** After an answer that closes the connection: what was on its way is read, so that the answer is not lost to a reset. */
  readonly linger: number;
};

const defaultTimes: HttpTimes = {
  tick: 1_000,
  idle: 65_000,
  head: 10_000,
  body: 120_000,
  stalled: 120_000,
  linger: 2_000,
};

/**
 * An HTTP/1.1 server over `node:net`: what node:http does, at a third of its cost a request, and stricter. No upgrades, no
 * trailers; a body is handed over whole. Pipelined requests are answered one after another. A callback of its user's that
 * throws costs its own connection only: the client gets a bare 500 where that is still possible, the process a warning.
 * @throws the error of `listen`.
 */
export async function startHttpServer(options: {
  readonly host: string;
  readonly port: number;
  readonly onRequest: (request: HttpRequest, response: HttpResponse) => void;
  /** For bytes that are no request. The connection is closed after the answer. */
  readonly onInvalid: (error: HttpSyntaxError, response: HttpResponse) => void;
  readonly times?: Partial<HttpTimes>;
}): Promise<HttpServer> {
  const times = { ...defaultTimes, ...options.times };
  const connections = new Set<Connection>();
  let stopping = false;
  let onLastClosed = (): void => undefined;
  const server = createServer({ noDelay: true }, (socket) => {
    const connection = serveConnection(socket, options, times, () => stopping);
    connections.add(connection);
    socket.once('close', () => {
      connections.delete(connection);
      if (connections.size === 0) onLastClosed();
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host, resolve);
  });
  // A connection that cannot be accepted, for want of file descriptors, is no reason to stop.
  server.on('error', (error) => process.emitWarning(error));
  // One timer for all connections.
  const timer = setInterval(() => {
    for (const connection of connections) connection.tick();
  }, times.tick).unref();
  const stop = (): void => {
    if (stopping) return;
    stopping = true;
    server.close();
    for (const connection of connections) connection.closeIfIdle();
  };
  let closing: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    stop();
    // The server itself counts a connection as closed before its last callbacks have been called.
    const closed = new Promise<void>((resolve) => (onLastClosed = resolve));
    if (connections.size === 0) onLastClosed();
    for (const connection of connections) connection.destroy();
    await closed;
    clearInterval(timer);
  };
  return {
    port: (server.address() as AddressInfo).port,
    stop,
    close: () => (closing ??= close()),
  };
}

type Connection = { readonly tick: () => void; readonly closeIfIdle: () => void; readonly destroy: () => void };

type Handlers = Pick<Parameters<typeof startHttpServer>[0], 'onRequest' | 'onInvalid'>;

/** A request's way through its connection. Its answer may end before its body has come, and the other way around. */
type Exchange = {
  readonly isHead: boolean;
  readonly isHttp11: boolean;
  keepAlive: boolean;
  /** Whether what is left of the body costs more to read than a new connection. */
  readonly isLong: boolean;
  expectsContinue: boolean;
  hasBody: boolean;
  hasBegun: boolean;
  hasEnded: boolean;
  ignoredBytes: number;
  reader: BodyReader | undefined;
  onGone: (() => void) | undefined;
  onDrain: (() => void) | undefined;
};

type BodyReader = {
  readonly maxBytes: number;
  readonly chunks: Buffer[];
  bytes: number;
  /** How many of the last chunks are not in one piece yet. */
  loose: number;
  readonly onBody: (body: Buffer) => void;
  readonly onFailure: (error: BodyFailure) => void;
};

function serveConnection(
  socket: Socket,
  { onRequest, onInvalid }: Handlers,
  times: HttpTimes,
  isStopping: () => boolean,
): Connection {
  let current: Exchange | undefined;
  let isLingering = false;
  // Since the connection last moved on: see `limit`.
  let ticks = 0;

  const parser = createMessageParser(
    {
      head: (head) => {
        const { exchange, request, framing } = readRequest(head);
        current = exchange;
        onRequest(request, responseOf(exchange));
        // Its body waits until it is asked for, or until the answer is over.
        if (exchange.reader === undefined && !exchange.hasEnded) parser.pause();
        return framing;
      },
      data: (chunk) => {
        const exchange = current as Exchange;
        const { reader } = exchange;
        if (reader === undefined) {
          exchange.ignoredBytes += chunk.length;
          if (exchange.ignoredBytes > mostIgnoredBytes && exchange.hasEnded) linger();
          return;
        }
        reader.bytes += chunk.length;
        if (reader.bytes > reader.maxBytes) {
          exchange.reader = undefined;
          exchange.keepAlive = false;
          reader.onFailure({ kind: 'tooLarge', bytes: reader.bytes });
        } else keepChunk(reader, chunk);
      },
      end: () => {
        const exchange = current as Exchange;
        const { reader } = exchange;
        exchange.hasBody = true;
        ticks = 0;
        if (exchange.hasEnded) return next();
        // The next request waits for this one's answer.
        parser.pause();
        if (reader === undefined) return;
        exchange.reader = undefined;
        const [only] = reader.chunks;
        reader.onBody(reader.chunks.length === 1 && only !== undefined ? only : Buffer.concat(reader.chunks));
      },
    },
    maxHeadBytes,
  );

  /** Both the request and its answer are over. */
  const next = (): void => {
    current = undefined;
    ticks = 0;
    // Answers that nobody takes would pile up here: the next request waits until they have left.
    if (socket.writableNeedDrain) parser.pause();
    else resume();
    if (isStopping() && current === undefined && !isLingering) linger();
  };

  const advance = (work: () => void): void => {
    try {
      work();
    } catch (error) {
      if (error instanceof HttpSyntaxError) onInvalidBytes(error);
      else onThrown(error as Error);
    }
  };

  const resume = (): void => {
    if (!isLingering) advance(parser.resume);
    if (socket.isPaused()) socket.resume();
  };

  const readRequest = (head: Head): { exchange: Exchange; request: HttpRequest; framing: number | 'chunked' } => {
    const line = requestLine.exec(head.startLine);
    if (line === null)
      throw new HttpSyntaxError(`No request begins with ${JSON.stringify(head.startLine.slice(0, 60))}.`);
    const [, method = '', target = '', minor] = line;
    const { headers } = head;
    const isHttp11 = minor === '1';
    const host = headers.get('host');
    // Two of them have a comma between them here.
    if (host === undefined ? isHttp11 : !isHost.test(host)) {
      throw new HttpSyntaxError('A request has exactly one Host header, with a host and perhaps a port.');
    }
    const framing = framingOf(headers) ?? 0;
    // RFC 9112, 6.1: HTTP/1.0 has none, and who passed it on may not have known what it was.
    if (framing === 'chunked' && !isHttp11) throw new HttpSyntaxError('HTTP/1.0 has no transfer codings.');
    const exchange: Exchange = {
      isHead: method === 'HEAD',
      isHttp11,
      keepAlive: isPersistent(isHttp11, headers),
      isLong: typeof framing === 'number' && framing > mostIgnoredBytes,
      expectsContinue: isHttp11 && framing !== 0 && headers.get('expect')?.toLowerCase() === '100-continue',
      hasBody: false,
      hasBegun: false,
      hasEnded: false,
      ignoredBytes: 0,
      reader: undefined,
      onGone: undefined,
      onDrain: undefined,
    };
    const request: HttpRequest = {
      method,
      target,
      headers,
      remoteAddress: socket.remoteAddress,
      readBody: (maxBytes, onBody, onFailure) => {
        if (socket.destroyed) return onFailure({ kind: 'gone' });
        if (exchange.hasBody) return onBody(Buffer.alloc(0));
        if (typeof framing === 'number' && framing > maxBytes) {
          // Nobody reads it to its end.
          exchange.keepAlive = false;
          return onFailure({ kind: 'tooLarge', bytes: framing });
        }
        exchange.reader = { maxBytes, chunks: [], bytes: 0, loose: 0, onBody, onFailure };
        if (exchange.expectsContinue) socket.write('HTTP/1.1 100 Continue\r\n\r\n', 'latin1');
        exchange.expectsContinue = false;
        resume();
      },
    };
    return { exchange, request, framing };
  };

  const finish = (exchange: Exchange): void => {
    exchange.hasEnded = true;
    exchange.onGone = undefined;
    ticks = 0;
    if (!exchange.keepAlive) linger();
    else if (exchange.hasBody) next();
    else resume();
  };

  /** Says goodbye, and reads on for a moment: closing with bytes unread would reset the connection, and the answer with it. */
  const linger = (): void => {
    isLingering = true;
    ticks = 0;
    // What follows is not looked at, even if it is here already.
    parser.pause();
    socket.end();
    if (socket.isPaused()) socket.resume();
  };

  const headOf = (
    exchange: Exchange,
    status: number,
    headers: Readonly<Record<string, string>>,
    framing: string,
  ): string => {
    // What was announced and will not be read would be taken for the next request.
    if (isStopping() || (!exchange.hasBody && (exchange.expectsContinue || exchange.isLong)))
      exchange.keepAlive = false;
    let head = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'Unknown'}\r\n`;
    for (const name in headers) head += `${name}: ${headers[name]}\r\n`;
    head += `date: ${httpDate()}\r\n`;
    if (!exchange.keepAlive) head += 'connection: close\r\n';
    else if (!exchange.isHttp11) head += 'connection: keep-alive\r\n';
    exchange.hasBegun = true;
    return `${head}${framing}\r\n`;
  };

  const responseOf = (exchange: Exchange): HttpResponse => {
    const isOver = (): boolean => exchange.hasEnded || !socket.writable;
    return {
      hasBegun: () => exchange.hasBegun,
      isGone: () => socket.destroyed,
      onGone: (callback) => {
        if (exchange.hasEnded) return;
        exchange.onGone = callback;
        // Later, as if it went now: callers are not ready for it yet.
        if (callback !== undefined && socket.destroyed) queueMicrotask(() => tellGone(exchange));
      },
      send: (status, headers, body) => {
        if (isOver()) return;
        const head = headOf(exchange, status, headers, `content-length: ${body.length}\r\n`);
        if (exchange.isHead) socket.write(head, 'latin1');
        else if (typeof body === 'string') socket.write(head + body, 'latin1');
        else {
          socket.cork();
          socket.write(head, 'latin1');
          socket.write(body);
          socket.uncork();
        }
        finish(exchange);
      },
      begin: (status, headers) => {
        if (isOver()) return;
        if (!exchange.isHttp11) exchange.keepAlive = false;
        socket.write(
          headOf(exchange, status, headers, exchange.isHttp11 ? 'transfer-encoding: chunked\r\n' : ''),
          'latin1',
        );
      },
      write: (bytes) => {
        if (isOver() || bytes.length === 0 || exchange.isHead) return true;
        const isWelcome = socket.write(exchange.isHttp11 ? chunkOf(bytes) : bytes);
        if (isWelcome) ticks = 0;
        return isWelcome;
      },
      onDrain: (callback) => {
        exchange.onDrain = callback;
      },
      end: () => {
        if (isOver()) return;
        if (exchange.isHttp11 && !exchange.isHead) socket.write('0\r\n\r\n', 'latin1');
        finish(exchange);
      },
      destroy: () => socket.destroy(),
    };
  };

  const onInvalidBytes = (error: HttpSyntaxError): void => {
    const exchange = current ?? { ...nobody };
    exchange.keepAlive = false;
    const { reader } = exchange;
    exchange.reader = undefined;
    // An answer that has begun ends as it will; nothing after it is read.
    isLingering = true;
    if (exchange.hasEnded) linger();
    else if (reader !== undefined) advance(() => reader.onFailure({ kind: 'invalid', error }));
    else if (!exchange.hasBegun) advance(() => onInvalid(error, responseOf(exchange)));
  };

  const onThrown = (error: Error): void => {
    process.emitWarning(error);
    const exchange = current;
    if (exchange === undefined || exchange.hasEnded) return linger();
    if (exchange.hasBegun) {
      socket.destroy();
      return;
    }
    exchange.reader = undefined;
    exchange.keepAlive = false;
    responseOf(exchange).send(500, {}, '');
  };

  const tellGone = (exchange: Exchange): void => {
    const { onGone } = exchange;
    exchange.onGone = undefined;
    if (onGone !== undefined) advance(onGone);
  };

  socket.on('data', (bytes) => {
    if (isLingering) return;
    // From the first byte of a request on.
    if (current === undefined && !parser.isWithinHead()) ticks = 0;
    advance(() => parser.push(bytes));
    // What comes before it is wanted waits in the system's buffers.
    if (parser.isHolding()) socket.pause();
  });
  socket.on('drain', () => {
    ticks = 0;
    if (current === undefined) return resume();
    const { onDrain } = current;
    current.onDrain = undefined;
    if (onDrain !== undefined) advance(onDrain);
  });
  // All has left, the goodbye too.
  socket.once('finish', () => {
    ticks = 0;
  });
  socket.on('error', () => socket.destroy());
  socket.once('close', () => {
    const gone = current;
    current = undefined;
    if (gone === undefined) return;
    const { reader } = gone;
    if (reader !== undefined) advance(() => reader.onFailure({ kind: 'gone' }));
    tellGone(gone);
  });

  const limit = (): number => {
    const unread = socket.writableNeedDrain ? times.stalled : undefined;
    if (isLingering && (current === undefined || current.hasEnded)) {
      return socket.writableFinished ? times.linger : times.stalled;
    }
    if (current === undefined) return unread ?? (parser.isWithinHead() ? times.head : times.idle);
    if (!current.hasBody) return times.body;
    return unread ?? Infinity;
  };

  return {
    tick: () => {
      ticks++;
      if (ticks * times.tick > limit()) socket.destroy();
    },
    closeIfIdle: () => {
      if (current === undefined && !isLingering) linger();
    },
    destroy: () => socket.destroy(),
  };
}

/** The exchange of bytes that are no request. */
const nobody: Exchange = {
  isHead: false,
  isHttp11: true,
  keepAlive: false,
  isLong: false,
  expectsContinue: false,
  hasBody: true,
  hasBegun: false,
  hasEnded: false,
  ignoredBytes: 0,
  reader: undefined,
  onGone: undefined,
  onDrain: undefined,
};

/** Chunks of a few bytes cost a hundred times their bytes as objects: many of them become one. */
function keepChunk(reader: BodyReader, chunk: Buffer): void {
  const { chunks } = reader;
  chunks.push(chunk);
  if (++reader.loose < mostLooseChunks) return;
  chunks.push(Buffer.concat(chunks.splice(-mostLooseChunks)));
  reader.loose = 0;
}

/** One chunk of a chunked body, in one piece: a copy costs less than three writes. */
function chunkOf(bytes: Buffer): Buffer {
  const size = bytes.length.toString(16);
  const chunk = Buffer.allocUnsafe(size.length + bytes.length + 4);
  chunk.write(size, 0, 'latin1');
  chunk.writeUInt16BE(0x0d0a, size.length);
  bytes.copy(chunk, size.length + 2);
  chunk.writeUInt16BE(0x0d0a, size.length + 2 + bytes.length);
  return chunk;
}

let dateSecond = 0;
let dateText = '';
function httpDate(): string {
  const second = Math.floor(Date.now() / 1_000);
  if (second !== dateSecond) {
    dateSecond = second;
    dateText = new Date(second * 1_000).toUTCString();
  }
  return dateText;
}
