import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { deployContracts } from '@kedge/sdk';
import { startAnvil, type Anvil } from '@kedge/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { patience, startIndexer } from './startIndexer.js';

/** What the node takes for a block with its transactions: longer than the indexer waits until it asks again. */
const workMs = 250;

let anvil: Anvil;
let server: Server;
/** The node does one thing after the other. */
let turn: Promise<unknown> = Promise.resolve();
let waiting = 0;
let isSlow = false;

const isPoll = ({ method, params }: { method: string; params: readonly unknown[] }): boolean =>
  method === 'eth_getBlockByNumber' && params[0] === 'latest' && params[1] === true;

async function answer(body: string): Promise<string> {
  if (isSlow && isPoll(JSON.parse(body) as never)) await delay(workMs);
  const headers = { 'content-type': 'application/json' };
  return (await fetch(anvil.rpcUrl, { method: 'POST', headers, body })).text();
}

beforeAll(async () => {
  anvil = await startAnvil();
  server = createServer((incoming, outgoing) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => {
      waiting++;
      turn = turn.then(async () => {
        outgoing.end(await answer(Buffer.concat(chunks).toString()));
        waiting--;
      });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await turn;
  await anvil.stop();
});

test(
  'a node that takes longer than the indexer polls is not asked for more and more, and answers what else it is asked',
  { timeout: patience },
  async () => {
    const { publicClient } = anvil;
    const deployment = await deployContracts({ publicClient, walletClient: anvil.walletOf(0) });
    const { port } = server.address() as AddressInfo;
    const { contracts } = deployment;
    const indexer = await startIndexer({ rpcUrl: `http://127.0.0.1:${port}`, chainId: 31337, contracts });
    try {
      await indexer.caughtUp();
      isSlow = true;
      await delay(8_000);
      const piledUp = waiting;
      expect(await indexer.client.status()).toMatchObject({ lag: 0, ready: true });
      // The poll, and one more where it was not answered for long.
      expect(piledUp).toBeLessThanOrEqual(2);
      await anvil.testClient.mine({ blocks: 3 });
      await indexer.caughtUp();
    } finally {
      isSlow = false;
      await indexer.stop();
    }
  },
);
