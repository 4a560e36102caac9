import { connect, createServer, type AddressInfo } from 'node:net';

/** A way to a database on which queries are counted. */
export type CountedDatabase = {
  readonly url: string;
  readonly queries: () => number;
  readonly close: () => Promise<void>;
};

/** Listens for PostgreSQL's protocol, version 3, and passes it on to a server behind a Unix socket. */
export async function countQueries(databaseUrl: string): Promise<CountedDatabase> {
  const { searchParams, username, pathname } = new URL(databaseUrl);
  let count = 0;
  const server = createServer((client) => {
    const target = connect(`${searchParams.get('host')}/.s.PGSQL.5432`);
    let unread = Buffer.alloc(0);
    let hasBegun = false;
    client.on('data', (chunk: Buffer) => {
      target.write(chunk);
      unread = Buffer.concat([unread, chunk]);
      // A message is its type in one byte, which the first one lacks, and its length.
      for (;;) {
        const head = hasBegun ? 1 : 0;
        if (unread.length < head + 4) return;
        const end = head + unread.readInt32BE(head);
        if (unread.length < end) return;
        if (hasBegun && 'QE'.includes(String.fromCharCode(unread[0]!))) count += 1;
        hasBegun = true;
        unread = unread.subarray(end);
      }
    });
    target.on('data', (chunk) => client.write(chunk));
    for (const [one, other] of [
      [client, target],
      [target, client],
    ] as const) {
      one.on('close', () => other.destroy());
      one.on('error', () => other.destroy());
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `postgres://${username}@127.0.0.1:${port}${pathname}`,
    queries: () => count,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
