import type { Socket } from 'node:net';
import type { Exchange, HttpResponse } from './exchange.js';
import { chunkOf, responseHead } from './responseBytes.js';

/** What answers need of the connection that they are written to. */
export type AnsweringConnection = {
  readonly socket: Socket;
  /** Whether each answer from now on is its connection's last. */
  readonly isStopping: () => boolean;
  /** A piece has left without waiting. */
  readonly onMoved: () => void;
  /** The answer is written. */
  readonly onEnded: (exchange: Exchange) => void;
  /** It is left open while the server stops. */
  readonly keep: () => void;
  /** Calls what `onGone` was given, once. */
  readonly tellGone: (exchange: Exchange) => void;
};

const nothing = Buffer.alloc(0);
const lastChunk = '0\r\n\r\n';

/** The answer to one request, as bytes of HTTP/1.1. */
export function createResponse(exchange: Exchange, connection: AnsweringConnection): HttpResponse {
  const { socket } = connection;
  const isOver = (): boolean => exchange.hasEnded || !socket.writable;
  return {
    hasBegun: () => exchange.hasBegun,
    isGone: () => socket.destroyed,
    onGone: (callback) => {
      if (exchange.hasEnded) return;
      exchange.onGone = callback;
      // Later, as if it went now: callers are not ready for it yet.
      if (callback !== undefined && socket.destroyed) queueMicrotask(() => connection.tellGone(exchange));
    },
    send: (status, headers, body) => {
      if (isOver()) return;
      const head = beginHead(exchange, connection, status, headers, `content-length: ${body.length}\r\n`);
      if (exchange.isHead) socket.write(head, 'latin1');
      else if (typeof body === 'string') socket.write(head + body, 'latin1');
      else {
        socket.cork();
        socket.write(head, 'latin1');
        socket.write(body);
        socket.uncork();
      }
      connection.onEnded(exchange);
    },
    begin: (status, headers) => {
      if (isOver()) return;
      const { isHttp11 } = exchange;
      if (!isHttp11) exchange.keepAlive = false;
      const framing = isHttp11 ? 'transfer-encoding: chunked\r\n' : '';
      exchange.heldHead = beginHead(exchange, connection, status, headers, framing);
      setImmediate(() => void (isOver() || sendPiece(exchange, socket, nothing, '')));
    },
    write: (bytes) => {
      if (isOver() || bytes.length === 0 || exchange.isHead) return true;
      const isWelcome = sendPiece(exchange, socket, bytes, '');
      if (isWelcome) connection.onMoved();
      return isWelcome;
    },
    onDrain: (callback) => {
      exchange.onDrain = callback;
    },
    end: (last = nothing) => {
      if (isOver()) return;
      sendPiece(exchange, socket, last, lastChunk);
      connection.onEnded(exchange);
    },
    keepConnection: connection.keep,
    destroy: () => socket.destroy(),
  };
}

/** The head of the answer, which says whether the connection lasts: nothing changes that from here on. */
function beginHead(
  exchange: Exchange,
  { isStopping }: AnsweringConnection,
  status: number,
  headers: Readonly<Record<string, string>>,
  framing: string,
): string {
  // What was announced and will not be read would be taken for the next request.
  if (isStopping() || (!exchange.hasBody && (exchange.expectsContinue || exchange.isLong))) exchange.keepAlive = false;
  exchange.hasBegun = true;
  const connection = !exchange.keepAlive ? 'close' : exchange.isHttp11 ? undefined : 'keep-alive';
  return responseHead(status, headers, connection, framing);
}

/** Writes the head, if it waits, with a piece of the body, framed, and what ends a body in chunks: at once, because writes are dear. */
function sendPiece(exchange: Exchange, socket: Socket, bytes: Buffer, end: string): boolean {
  const { heldHead, isHttp11, isHead } = exchange;
  exchange.heldHead = '';
  const isFramed = isHttp11 && !isHead;
  if (isFramed && bytes.length > 0) return socket.write(chunkOf(heldHead, bytes, end));
  const text = isFramed ? heldHead + end : heldHead;
  const isWelcome = text === '' || socket.write(text, 'latin1');
  return isHead || bytes.length === 0 ? isWelcome : socket.write(bytes);
}
