import { createServer, request as ask, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { deployContracts } from '@kedge/sdk';
import { startAnvil, type Anvil } from '@kedge/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { patience, startIndexer, until } from './startIndexer.js';

const secrets = ['path-key-0123456789', 'query-key-0123456789', 'user-0123456789', 'password-0123456789'] as const;
const [pathKey, queryKey, user, password] = secrets;

/** How the node in front of the chain answers. */
type Mood = 'well' | 'in a page' | 'in an error' | 'not at all';

let anvil: Anvil;
let server: Server;
let mood: Mood = 'well';
/** What came with the last request that named its keys. */
let seen: { readonly url: string | undefined; readonly authorization: string | undefined };

function answer(incoming: IncomingMessage, body: string, outgoing: ServerResponse): void {
  const { url, headers } = incoming;
  seen = { url, authorization: headers.authorization };
  const said = `no such key: ${url} ${user} ${password}`;
  if (mood === 'not at all') outgoing.destroy();
  else if (mood === 'in a page') outgoing.writeHead(403).end(said);
  else if (mood === 'in an error') {
    const { id } = JSON.parse(body) as { id: number };
    outgoing.end(JSON.stringify({ jsonrpc: '2.0', id, error: { code: -32000, message: said } }));
  } else {
    const passed = ask(anvil.rpcUrl, { method: 'POST', headers: { 'content-type': 'application/json' } }, (from) => {
      from.pipe(outgoing);
    });
    passed.on('error', () => outgoing.destroy());
    passed.end(body);
  }
}

const rpcUrl = (): string => {
  const { port } = server.address() as AddressInfo;
  return `http://${user}:${password}@127.0.0.1:${port}/v3/${pathKey}?token=${queryKey}`;
};

beforeAll(async () => {
  anvil = await startAnvil();
  server = createServer((incoming, outgoing) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => answer(incoming, Buffer.concat(chunks).toString(), outgoing));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
}, patience);
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await anvil.stop();
});

test(
  'the keys in the URL of an RPC in trouble are in nothing that the indexer prints',
  { timeout: patience },
  async () => {
    mood = 'well';
    const { publicClient, walletOf } = anvil;
    const { contracts } = await deployContracts({ publicClient, walletClient: walletOf(0) });
    const pace = { requestsPerSecond: 60, logLevel: 'trace' } as const;
    const indexer = await startIndexer({ rpcUrl: rpcUrl(), chainId: 31337, contracts, ...pace });
    try {
      await indexer.caughtUp();
      for (const trouble of ['in a page', 'in an error', 'not at all'] as const) {
        const from = indexer.output().length;
        mood = trouble;
        await anvil.testClient.mine({ blocks: 1 });
        const printed = () => indexer.output().slice(from);
        await until(
          `an error of a node that answers ${trouble}`,
          async () => (printed().includes('Received JSON-RPC error') ? true : undefined),
          printed,
        );
      }
      expect(secrets.filter((secret) => indexer.output().includes(secret))).toEqual([]);
      expect(seen).toMatchObject({ url: expect.stringContaining(`/v3/${pathKey}?token=${queryKey}`) });
      expect(seen.authorization).toBe(`Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`);
      mood = 'well';
      await indexer.caughtUp();
    } finally {
      await indexer.stop('SIGKILL');
    }
  },
);

test('neither are they in what it says where it cannot start', { timeout: patience }, async () => {
  const { contracts } = await deployContracts({ publicClient: anvil.publicClient, walletClient: anvil.walletOf(0) });
  for (const trouble of ['in a page', 'in an error', 'not at all'] as const) {
    mood = trouble;
    const failure = await startIndexer({ rpcUrl: rpcUrl(), chainId: 31337, contracts }).catch(
      (error: Error) => error.message,
    );
    expect(failure).toContain(`The chain does not answer.\n\n  rpcUrl: ${new URL(rpcUrl()).origin}`);
    expect(secrets.filter((secret) => String(failure).includes(secret))).toEqual([]);
  }
});
