import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { createMessageParser, type Framing, framingOf, isPersistent, type MessageListener } from './messageParser.js';
import { type Head, type HeaderFields, HttpSyntaxError } from './parseHead.js';

/** What a request is told: its response, or why there is none. Exactly one of `end` and `fail` is called, last. */
export type ResponseListener = {
  readonly start: (status: number, headers: HeaderFields) => void;
  /** The bytes are only there until it returns. */
  readonly data: (chunk: Buffer) => void;
  readonly end: () => void;
  readonly fail: (error: Error) => void;
};

export type RunningRequest = { readonly abort: () => void; readonly pause: () => void; readonly resume: () => void };

export type ConnectionPool = {
  /** Sends a whole request, head and body; text as UTF-8. It waits while all connections are busy, in bounds. */
  readonly send: (request: string | Buffer, listener: ResponseListener) => RunningRequest;
  /** Fails what is running and waiting, and closes every connection. */
  readonly close: () => void;
};

/** Nothing came from the other side for too long. */
class HttpTimeoutError extends Error {
  readonly code = 'HTTP_TIMEOUT';
}

/** All connections are busy, and too many requests wait for one, or this one did for too long. It was not sent. */
class HttpBusyError extends Error {
  readonly code = 'HTTP_BUSY';
}

/** The connection ended before the response did. */
class HttpClosedError extends Error {
  readonly code = 'HTTP_CLOSED';
}

const readBytes = 64 * 1024;
const maxHeadBytes = 64 * 1024;
const connectMs = 10_000;
// How long an unused connection is trusted when the other side does not say; servers commonly close theirs after 5 s.
const idleMs = 4_000;
// So much earlier than the other side said it would close it.
const idleMarginMs = 1_000;
const headMethod = 'HEAD ';

type Request = {
  readonly bytes: string | Buffer;
  readonly listener: ResponseListener;
  /** Its response has no body, whatever it says of one (RFC 9112, 6.3). */
  readonly isHead: boolean;
  connection: Connection | undefined;
  /** The tick at which it began to wait for a connection. */
  waitsSince: number;
  isOver: boolean;
};

type Connection = {
  readonly socket: Socket;
  request: Request | undefined;
  isConnected: boolean;
  isPaused: boolean;
  /** Whether another request may follow the one that runs, and for how long it may wait. */
  isReusable: boolean;
  idleMs: number;
  /** Since something came, or since it is idle. */
  ticks: number;
};

/**
 * Keep-alive HTTP/1.1 connections to one origin, over `node:net` and `node:tls`, with one request at a time on each. What is
 * read lies in one buffer a connection that is used again and again, so that a response allocates nothing until it is kept.
 */
export function createConnectionPool(options: {
  readonly url: URL;
  readonly connections: number;
  /** Until a response begins, and between two pieces of it. */
  readonly timeoutMs: number;
  /** How many requests wait for a connection, and for how long. Each is held whole, in memory. */
  readonly maxWaiting?: number;
  readonly maxWaitMs?: number;
}): ConnectionPool {
  const { url, timeoutMs, maxWaiting = 1_024, maxWaitMs = 30_000 } = options;
  const tickMs = Math.max(1, Math.min(1_000, timeoutMs / 4, maxWaitMs / 4));
  const all = new Set<Connection>();
  const idle: Connection[] = [];
  const waiting: Request[] = [];
  let tick = 0;
  let closed = false;

  const drop = (connection: Connection, error: Error): void => {
    if (!all.delete(connection)) return;
    const at = idle.indexOf(connection);
    if (at >= 0) idle.splice(at, 1);
    connection.socket.destroy();
    const { request } = connection;
    connection.request = undefined;
    const next = closed ? undefined : waiting.shift();
    if (next !== undefined) start(next);
    if (request !== undefined) fail(request, error);
  };

  const send = (connection: Connection, request: Request): void => {
    connection.request = request;
    connection.ticks = 0;
    request.connection = connection;
    connection.socket.write(request.bytes, 'utf8');
  };

  const start = (request: Request): void => {
    const connection = idle.pop() ?? (all.size < options.connections ? open() : undefined);
    if (connection !== undefined) return send(connection, request);
    if (waiting.length < maxWaiting) {
      request.waitsSince = tick;
      waiting.push(request);
    } else {
      const busy = new HttpBusyError(`${all.size} requests are running and ${waiting.length} are waiting.`);
      queueMicrotask(() => fail(request, busy));
    }
  };

  /** After a response: for the next request, if it is fit for one. */
  const release = (connection: Connection): void => {
    if (!all.has(connection)) return;
    // Of a request that is not even sent, nobody knows what the other side made of the rest.
    const isFit = connection.isReusable && connection.idleMs > 0 && connection.socket.writableLength === 0;
    if (!isFit) return drop(connection, usedUp);
    connection.ticks = 0;
    const next = waiting.shift();
    if (next !== undefined) send(connection, next);
    else idle.push(connection);
  };

  const open = (): Connection => {
    const advance = (work: () => void): void => {
      try {
        work();
      } catch (error) {
        // After the end of a response, a listener that throws can be told nothing more.
        if (connection.request === undefined && !(error instanceof HttpSyntaxError))
          process.emitWarning(error as Error);
        drop(connection, error as Error);
      }
    };
    const read = (bytes: Buffer): void => {
      // What comes unasked would be taken for the response to the next request.
      if (connection.request === undefined) throw unasked;
      connection.ticks = 0;
      parser.push(bytes);
      // Only now is it known that nothing follows the response.
      if (connection.request !== undefined) return;
      if (parser.isWithinHead()) throw unasked;
      release(connection);
    };
    const socket = openSocket(url, (bytes) => advance(() => read(bytes)));
    const connection: Connection = {
      socket,
      request: undefined,
      isConnected: false,
      isPaused: false,
      isReusable: false,
      idleMs,
      ticks: 0,
    };
    const parser = createMessageParser(responsesOf(connection), maxHeadBytes);
    socket.once(url.protocol === 'https:' ? 'secureConnect' : 'connect', () => {
      connection.isConnected = true;
      connection.ticks = 0;
    });
    // Each at once, so that no request is given to a connection that is about to go.
    socket.on('error', (error) => drop(connection, error));
    socket.once('end', () => {
      advance(parser.close);
      drop(connection, closedEarly);
    });
    socket.once('close', () => drop(connection, closedEarly));
    all.add(connection);
    return connection;
  };

  // One timer for all, and no clock read for a request.
  const timer = setInterval(() => {
    tick++;
    // In the order in which they came.
    for (let first = waiting[0]; first !== undefined; first = waiting[0]) {
      const waited = (tick - first.waitsSince) * tickMs;
      if (waited <= maxWaitMs) break;
      waiting.shift();
      fail(first, new HttpBusyError(`No connection was free for ${Math.round(waited)} ms.`));
    }
    for (const connection of all) {
      connection.ticks++;
      const waited = connection.ticks * tickMs;
      if (connection.request === undefined) {
        // Rather too early than in the moment when the other side closes it.
        if (waited >= connection.idleMs) drop(connection, new HttpClosedError('The connection is idle.'));
      } else if (
        !connection.isPaused &&
        waited > (connection.isConnected ? timeoutMs : Math.min(timeoutMs, connectMs))
      ) {
        const what = connection.isConnected ? 'sent nothing' : 'could not be connected to';
        drop(connection, new HttpTimeoutError(`The other side ${what} for ${Math.round(waited)} ms.`));
      }
    }
  }, tickMs).unref();

  return {
    send: (bytes, listener) => {
      const isHead = bytes.slice(0, headMethod.length).toString() === headMethod;
      const request: Request = { bytes, listener, isHead, connection: undefined, waitsSince: 0, isOver: false };
      if (closed) queueMicrotask(() => fail(request, stopping));
      else start(request);
      const ifRunning = (work: (connection: Connection) => void): void => {
        const { connection } = request;
        if (connection !== undefined && connection.request === request) work(connection);
      };
      return {
        abort: () => {
          if (request.isOver) return;
          request.isOver = true;
          const at = waiting.indexOf(request);
          if (at >= 0) waiting.splice(at, 1);
          // The rest of the response is on its way: nothing else can use this connection.
          ifRunning((connection) => drop(connection, aborted));
        },
        pause: () => ifRunning((connection) => setPaused(connection, true)),
        resume: () => ifRunning((connection) => setPaused(connection, false)),
      };
    },
    close: () => {
      closed = true;
      clearInterval(timer);
      for (const request of waiting.splice(0)) fail(request, stopping);
      for (const connection of all) drop(connection, stopping);
    },
  };
}

const aborted = new HttpClosedError('The request was given up.');
const stopping = new HttpClosedError('The gateway is stopping.');
const usedUp = new HttpClosedError('The connection is used up.');
const closedEarly = new HttpClosedError('The other side closed the connection before it answered.');
const unasked = new HttpSyntaxError('There is a response that was not asked for.');

/** Tells the running request of a connection what arrives for it. */
function responsesOf(connection: Connection): MessageListener {
  return {
    head: ({ startLine, headers }: Head): Framing | undefined => {
      const { request } = connection;
      if (request === undefined) throw unasked;
      const line = /^HTTP\/1\.([01]) ([1-5]\d\d)(?: |$)/.exec(startLine);
      if (line === null)
        throw new HttpSyntaxError(`No response begins with ${JSON.stringify(startLine.slice(0, 60))}.`);
      const status = Number(line[2]);
      if (status === 101) throw new HttpSyntaxError('The other side changes protocols, which was not asked for.');
      // An interim response: the real one follows.
      if (status < 200) return undefined;
      // RFC 9112, 6.3: without any word on it, the body ends with the connection.
      const said = framingOf(headers) ?? 'untilClose';
      const framing = status === 204 || status === 304 || request.isHead ? 0 : said;
      const isHttp11 = line[1] === '1';
      // RFC 9112, 6.1: HTTP/1.0 has no chunks, and who passed them on may not have known what they were.
      const isDoubtful = framing === 'chunked' && !isHttp11;
      connection.isReusable = framing !== 'untilClose' && !isDoubtful && isPersistent(isHttp11, headers);
      connection.idleMs = keepAliveMs(headers.get('keep-alive')) ?? idleMs;
      if (!request.isOver) request.listener.start(status, headers);
      return framing;
    },
    data: (chunk) => {
      const { request } = connection;
      if (request?.isOver === false) request.listener.data(chunk);
    },
    end: () => {
      const { request } = connection;
      connection.request = undefined;
      if (connection.isPaused) setPaused(connection, false);
      if (request === undefined || request.isOver) return;
      request.isOver = true;
      request.listener.end();
    },
  };
}

function fail(request: Request, error: Error): void {
  if (request.isOver) return;
  request.isOver = true;
  request.listener.fail(error);
}

function setPaused(connection: Connection, isPaused: boolean): void {
  connection.isPaused = isPaused;
  connection.ticks = 0;
  if (isPaused) connection.socket.pause();
  else connection.socket.resume();
}

function keepAliveMs(hint: string | undefined): number | undefined {
  const seconds = hint === undefined ? undefined : /(?:^|[,\s])timeout=(\d{1,6})/i.exec(hint)?.[1];
  return seconds === undefined ? undefined : Number(seconds) * 1_000 - idleMarginMs;
}

function openSocket(url: URL, read: (bytes: Buffer) => void): Socket {
  const isTls = url.protocol === 'https:';
  // URLs have IPv6 addresses in brackets, sockets take them without.
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  const onread = {
    buffer: Buffer.allocUnsafeSlow(readBytes),
    callback: (length: number, buffer: Uint8Array): boolean => {
      read((buffer as Buffer).subarray(0, length));
      return true;
    },
  };
  const target = { host, port: Number(url.port || (isTls ? 443 : 80)), noDelay: true, keepAlive: true, onread };
  return isTls
    ? connectTls({ ...target, servername: isIP(host) === 0 ? host : '', ALPNProtocols: ['http/1.1'] })
    : connectTcp(target);
}
