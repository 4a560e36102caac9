import type { Socket } from 'node:net';
import { createResponse, type AnsweringConnection } from './createResponse.js';
import {
  type Exchange,
  exchangeOf,
  type HttpRequest,
  type HttpResponse,
  keepChunk,
  mostIgnoredBytes,
  nobody,
} from './exchange.js';
import { createMessageParser } from './messageParser.js';
import { HttpSyntaxError } from './parseHead.js';
import { parseRequest, type RequestHead } from './parseRequest.js';

/** What is called for requests, and for bytes that are none. */
export type Handlers = {
  readonly onRequest: (request: HttpRequest, response: HttpResponse) => void;
  /** The connection is closed after the answer. */
  readonly onInvalid: (error: HttpSyntaxError, response: HttpResponse) => void;
  /** For what a callback threw, and what the listening socket reports. */
  readonly onError: (error: Error) => void;
};

export type Connection = {
  readonly tick: () => void;
  readonly closeIfIdle: () => void;
  /** What is in memory of a body that has not come as a whole, and of answers that the client has not taken. */
  readonly heldBytes: () => number;
  /** For how many ticks something has been held. */
  readonly heldTicks: () => number;
  readonly destroy: () => void;
};

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
  /** While the server stops: what clients that saw nothing of it have sent is still answered. Cut off, they would not know whether it was. */
  readonly goodbye: number;
};

/** Of a server: while it stops each answer is its connection's last, and in the end what is idle closes. */
export type Stage = 'open' | 'stopping' | 'closing';

export const maxHeadBytes = 16 * 1024;

// Of an answer, as it waits for its client.
const largeBytes = 1024 * 1024;

/**
 * Reads requests from a connection one after another, has them answered, and watches the time.
 * @param onLargeAnswer Told when an answer has ended of which much is not taken yet.
 */
export function serveConnection(
  socket: Socket,
  { onRequest, onInvalid, onError }: Handlers,
  times: HttpTimes,
  stage: () => Stage,
  onLargeAnswer: () => void,
): Connection {
  let current: Exchange | undefined;
  let isLingering = false;
  let isKept = false;
  // Since the connection last moved on: see `limit`.
  let ticks = 0;
  let unsent = 0;
  let heldTicks = 0;

  const parser = createMessageParser(
    {
      head: (head) => {
        const request = parseRequest(head);
        const exchange = exchangeOf(request);
        current = exchange;
        onRequest(requestOf(request, exchange), createResponse(exchange, answering));
        // Its body waits until it is asked for, or until the answer is over.
        if (exchange.reader === undefined && !exchange.hasEnded) parser.pause();
        return request.framing;
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
    if (stage() === 'closing') closeIfIdle();
  };

  const closeIfIdle = (): void => {
    if (current === undefined && !isLingering && !isKept) linger();
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

  const requestOf = ({ method, target, headers, framing }: RequestHead, exchange: Exchange): HttpRequest => ({
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
  });

  const finish = (exchange: Exchange): void => {
    exchange.hasEnded = true;
    exchange.onGone = undefined;
    ticks = 0;
    if (!exchange.keepAlive) linger();
    else if (exchange.hasBody) next();
    else resume();
    if (socket.writableLength > largeBytes) onLargeAnswer();
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

  const onInvalidBytes = (error: HttpSyntaxError): void => {
    const exchange = current ?? { ...nobody };
    exchange.keepAlive = false;
    const { reader } = exchange;
    exchange.reader = undefined;
    // An answer that has begun ends as it will; nothing after it is read.
    isLingering = true;
    if (exchange.hasEnded) linger();
    else if (reader !== undefined) advance(() => reader.onFailure({ kind: 'invalid', error }));
    else if (!exchange.hasBegun) advance(() => onInvalid(error, createResponse(exchange, answering)));
  };

  const onThrown = (error: Error): void => {
    onError(error);
    const exchange = current;
    if (exchange === undefined || exchange.hasEnded) return linger();
    if (exchange.hasBegun) {
      socket.destroy();
      return;
    }
    exchange.reader = undefined;
    exchange.keepAlive = false;
    createResponse(exchange, answering).send(500, {}, '');
  };

  const tellGone = (exchange: Exchange): void => {
    const { onGone } = exchange;
    exchange.onGone = undefined;
    if (onGone !== undefined) advance(onGone);
  };

  const answering: AnsweringConnection = {
    socket,
    isStopping: () => stage() !== 'open',
    onMoved: () => {
      ticks = 0;
    },
    onEnded: finish,
    keep: () => {
      isKept = true;
    },
    tellGone,
  };

  socket.on('data', (bytes) => {
    if (isLingering) return;
    // From the first byte of a request on.
    if (current === undefined && !parser.isWithinHead()) ticks = 0;
    advance(() => parser.push(bytes));
    // What comes before it is wanted waits in the system's buffers.
    if (parser.isHolding() && !isLingering) socket.pause();
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

  /** Whether the client has taken something since the last tick: of a large answer, `drain` tells only when all has left. */
  const hasTaken = (): boolean => {
    const before = unsent;
    unsent = unsentBytes(socket);
    return unsent < before;
  };

  const heldBytes = (): number => (socket.destroyed ? 0 : socket.writableLength + (current?.reader?.bytes ?? 0));

  return {
    tick: () => {
      ticks = hasTaken() ? 0 : ticks + 1;
      heldTicks = heldBytes() > 0 ? heldTicks + 1 : 0;
      if (ticks * times.tick > limit()) socket.destroy();
    },
    closeIfIdle,
    heldBytes,
    heldTicks: () => heldTicks,
    destroy: () => socket.destroy(),
  };
}

/** What the system has not taken yet of what is being written. Only the handle knows; node:http looks there, too, before it cuts. */
function unsentBytes(socket: Socket): number {
  const { _handle: handle } = socket as { _handle?: { readonly writeQueueSize: number } | null };
  return handle?.writeQueueSize ?? 0;
}
