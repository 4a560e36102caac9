import { connect, createServer, type AddressInfo, type NetConnectOpts, type Server, type Socket } from 'node:net';

/** A socket of a test: what it got so far, as latin1, and waiting for more. */
export type RawSocket = {
  readonly socket: Socket;
  readonly write: (text: string | Buffer) => void;
  readonly text: () => string;
  /** All that was received, once `pattern` is in it. Rejects if the connection closes before. */
  readonly until: (pattern: RegExp) => Promise<string>;
  /** The same, once so many blank lines are in it: the ends of that many heads. */
  readonly untilHeads: (count: number) => Promise<string>;
  /** How the connection closed: by a FIN, or by a reset. */
  readonly closed: Promise<'end' | 'reset'>;
};

export function rawSocket(socket: Socket): RawSocket {
  const chunks: Buffer[] = [];
  const waiting = new Set<() => void>();
  let isClosed = false;
  let isReset = false;
  const text = (): string => Buffer.concat(chunks).toString('latin1');
  socket.on('data', (chunk) => {
    chunks.push(chunk);
    for (const look of waiting) look();
  });
  socket.on('error', () => (isReset = true));
  const closed = new Promise<'end' | 'reset'>((resolve) =>
    socket.once('close', () => {
      isClosed = true;
      resolve(isReset ? 'reset' : 'end');
      for (const look of waiting) look();
    }),
  );
  const untilIt = (is: (text: string) => boolean, what: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        const all = text();
        if (is(all)) resolve(all);
        else if (isClosed) reject(new Error(`Closed before ${what} came, after ${JSON.stringify(all)}.`));
        else return;
        waiting.delete(look);
      };
      waiting.add(look);
      look();
    });
  return {
    socket,
    write: (bytes) => void socket.write(bytes as string, 'latin1'),
    text,
    until: (pattern) => untilIt((all) => pattern.test(all), `${pattern}`),
    untilHeads: (count) => untilIt((all) => all.split('\r\n\r\n').length > count, `${count} heads`),
    closed,
  };
}

export function connectRaw(port: number, options: Partial<NetConnectOpts> = {}): RawSocket {
  return rawSocket(connect({ port, host: '127.0.0.1', noDelay: true, ...options } as NetConnectOpts));
}

export type RawServer = {
  readonly port: number;
  readonly url: URL;
  /** The connections that were made, in order. */
  readonly connections: RawSocket[];
  readonly connection: (index: number) => Promise<RawSocket>;
  readonly close: () => Promise<void>;
};

/** A server that does to each connection what the test says. */
export async function startRawServer(
  serve: (connection: RawSocket, index: number) => unknown = () => undefined,
  options: { readonly host?: string; readonly create?: (listener: (socket: Socket) => void) => Server } = {},
): Promise<RawServer> {
  const connections: RawSocket[] = [];
  const waiting = new Set<() => void>();
  const { host = '127.0.0.1', create = (listener) => createServer({ noDelay: true }, listener) } = options;
  const server = create((socket) => {
    const connection = rawSocket(socket);
    connections.push(connection);
    for (const look of waiting) look();
    void serve(connection, connections.length - 1);
  });
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  const { port } = server.address() as AddressInfo;
  return {
    port,
    url: new URL(`http://${host.includes(':') ? `[${host}]` : host}:${port}`),
    connections,
    connection: (index) =>
      new Promise((resolve) => {
        const look = (): void => {
          const connection = connections[index];
          if (connection === undefined) return;
          waiting.delete(look);
          resolve(connection);
        };
        waiting.add(look);
        look();
      }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const { socket } of connections) socket.destroy();
      }),
  };
}

/** The next turn of the event loop: what was written to a socket has been read by then, or will be soon. */
export const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Writes the bytes in pieces, each in a turn of its own. */
export async function writePieces(socket: Socket, pieces: readonly Buffer[]): Promise<void> {
  for (const piece of pieces) {
    if (socket.destroyed) return;
    socket.write(piece);
    await turn();
  }
}
