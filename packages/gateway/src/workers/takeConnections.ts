import { createServer, type AddressInfo, type Socket } from 'node:net';
import { apiKeySha256In } from '../http/authenticate.js';
import { listenFailed } from '../http/listening.js';
import { checkPartialHead, parseHead } from '../http1/parseHead.js';
import { maxHeadBytes } from '../http1/serveConnection.js';
import { defaultTimes } from '../http1/startHttpServer.js';

/** Connections that are accepted here and served by other processes. */
export type Connections = {
  readonly port: number;
  /** Takes no more, gives away what is on its way, and then closes those that asked for nothing. */
  readonly stop: () => Promise<void>;
};

/** What was read of it, and for how long nothing of its request's first byte, or after it, has come. */
type Waiting = { bytes: Buffer; ticks: number };

const { tick, idle, head: longestHead, goodbye } = defaultTimes;
const endOfHead = Buffer.from('\r\n\r\n');

/**
 * Accepts connections, reads from each until the head of its first request is whole, or will never be, and gives it away with
 * what was read. From then on, its bytes do not pass this process.
 * @throws BaseError `listen_failed`.
 */
export async function takeConnections(options: {
  readonly host: string;
  readonly port: number;
  /** The SHA-256 of the key that the first request carries, if it does. */
  readonly give: (socket: Socket, bytes: Buffer, apiKeySha256: string | undefined) => void;
  readonly onError: (error: Error) => void;
}): Promise<Connections> {
  const { host, port, give } = options;
  const waiting = new Map<Socket, Waiting>();
  const server = createServer({ noDelay: true }, (socket) => {
    const state: Waiting = { bytes: Buffer.alloc(0), ticks: 0 };
    waiting.set(socket, state);
    const destroy = (): void => void socket.destroy();
    const leave = (): void => void waiting.delete(socket);
    const read = (chunk: Buffer): void => {
      if (state.bytes.length === 0) state.ticks = 0;
      state.bytes = state.bytes.length === 0 ? chunk : Buffer.concat([state.bytes, chunk]);
      const head = firstHead(state.bytes);
      if (head === undefined) return;
      stopReading(socket);
      socket.off('data', read);
      socket.off('end', destroy);
      socket.off('close', leave);
      leave();
      give(socket, state.bytes, head.apiKeySha256);
    };
    socket.on('data', read);
    socket.on('end', destroy);
    socket.on('error', destroy);
    socket.on('close', leave);
  });
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, host, resolve);
    });
  } catch (cause) {
    throw listenFailed(host, port, cause);
  }
  server.on('error', options.onError);
  const timer = setInterval(() => {
    for (const [socket, state] of waiting) {
      if (++state.ticks * tick > (state.bytes.length === 0 ? idle : longestHead)) socket.destroy();
    }
  }, tick).unref();
  return {
    port: (server.address() as AddressInfo).port,
    stop: async () => {
      server.close();
      if (waiting.size > 0) await new Promise((resolve) => setTimeout(resolve, goodbye));
      clearInterval(timer);
      for (const socket of waiting.keys()) socket.destroy();
    },
  };
}

/** Undefined: more is needed. What is no HTTP has no key, and is refused by who serves it. */
function firstHead(bytes: Buffer): { readonly apiKeySha256: string | undefined } | undefined {
  const end = bytes.indexOf(endOfHead);
  try {
    if (end >= 0) return { apiKeySha256: apiKeySha256In(parseHead(bytes, 0, end).headers) };
    checkPartialHead(bytes, 0);
  } catch {
    return { apiKeySha256: undefined };
  }
  return bytes.length >= maxHeadBytes ? { apiKeySha256: undefined } : undefined;
}

/**
 * Leaves what comes from now on in the system's buffers. Node gives a socket away while it still reads from it, and what it
 * reads then is lost; a stream that is paused reads on until its own buffer is full. So the handle itself is stopped, and
 * the stream kept from starting it again.
 */
function stopReading(socket: Socket): void {
  socket.pause();
  // oxlint-disable-next-line eslint/no-underscore-dangle -- what streams are made of
  socket._read = () => undefined;
  // oxlint-disable-next-line eslint/no-underscore-dangle -- node:net has no other name for it
  const { _handle: handle } = socket as unknown as { _handle: { readStop: () => number; reading: boolean } | null };
  if (handle === null) return;
  handle.reading = false;
  handle.readStop();
}
