import { createServer, type AddressInfo, type Socket } from 'node:net';
import { type Connection, type Handlers, type HttpTimes, serveConnection, type Stage } from './serveConnection.js';

export type HttpServer = {
  readonly port: number;
  /** Serves a connection that was accepted elsewhere. What was read of it there is put back before. */
  readonly serve: (socket: Socket) => void;
  /**
   * Takes no more connections, tells each with its next answer that it is the last, and after a moment closes idle ones. Resolves
   * then; the others close when their request is answered.
   */
  readonly stop: () => Promise<void>;
  /** Cuts what is still open; resolves when all are closed. */
  readonly close: () => Promise<void>;
};

export const defaultTimes: HttpTimes = {
  tick: 1_000,
  idle: 65_000,
  head: 10_000,
  body: 120_000,
  stalled: 120_000,
  linger: 2_000,
  goodbye: 100,
};

/** How much of all bodies and answers may be on its way: each client may take its time, but all together hold no more memory. */
const defaultMostHeldBytes = 512 * 1024 * 1024;

/**
 * An HTTP/1.1 server over `node:net`: what node:http does, at a third of its cost a request, and stricter. No upgrades, no
 * trailers; a body is handed over whole. Pipelined requests are answered one after another. A callback of its user's that
 * throws costs its own connection only: the client gets a bare 500 where that is still possible, and `onError` is told.
 * @throws the error of `listen`.
 */
export async function startHttpServer(
  options: Handlers & {
    readonly host: string;
    readonly port: number;
    readonly times?: Partial<HttpTimes>;
    readonly mostHeldBytes?: number;
  },
): Promise<HttpServer> {
  const { mostHeldBytes = defaultMostHeldBytes } = options;
  const times = { ...defaultTimes, ...options.times };
  const connections = new Set<Connection>();
  let stage: Stage = 'open';
  let onLastClosed = (): void => undefined;
  const serve = (socket: Socket): void => {
    const connection = serveConnection(
      socket,
      options,
      times,
      () => stage,
      () => relieve(connections, mostHeldBytes),
    );
    connections.add(connection);
    socket.once('close', () => {
      connections.delete(connection);
      if (connections.size === 0) onLastClosed();
    });
    if (stage === 'closing') connection.closeIfIdle();
  };
  const server = createServer({ noDelay: true }, serve);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host, resolve);
  });
  // A connection that cannot be accepted, for want of file descriptors, is no reason to stop.
  server.on('error', options.onError);
  // One timer for all connections.
  const timer = setInterval(() => {
    for (const connection of connections) connection.tick();
    relieve(connections, mostHeldBytes);
  }, times.tick).unref();
  const goodbye = async (): Promise<void> => {
    stage = 'stopping';
    server.close();
    if (connections.size > 0) await new Promise((resolve) => setTimeout(resolve, times.goodbye));
    stage = 'closing';
    for (const connection of connections) connection.closeIfIdle();
  };
  let stopped: Promise<void> | undefined;
  const stop = (): Promise<void> => (stopped ??= goodbye());
  let closing: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    void stop();
    // The server itself counts a connection as closed before its last callbacks have been called.
    const closed = new Promise<void>((resolve) => (onLastClosed = resolve));
    if (connections.size === 0) onLastClosed();
    for (const connection of connections) connection.destroy();
    await closed;
    clearInterval(timer);
  };
  return {
    port: (server.address() as AddressInfo).port,
    serve,
    stop,
    close: () => (closing ??= close()),
  };
}

/** Cuts those that hold most for longest, until what is left is little enough. */
function relieve(connections: Iterable<Connection>, mostHeldBytes: number): void {
  let bytes = 0;
  for (const connection of connections) bytes += connection.heldBytes();
  if (bytes <= mostHeldBytes) return;
  const weightOf = ({ heldBytes, heldTicks }: Connection): number => heldBytes() * (heldTicks() + 1);
  for (const connection of [...connections].toSorted((one, other) => weightOf(other) - weightOf(one))) {
    if (bytes <= mostHeldBytes) return;
    bytes -= connection.heldBytes();
    connection.destroy();
  }
}
