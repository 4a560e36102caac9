import { zeroAddress, type Address } from '@kedge/core';
import { createChain, runWorld, startPostgres, testSeed, type Chain, type TestPostgres } from '@kedge/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { compareWithChain } from './compareWithChain.js';
import { startIndexer } from './startIndexer.js';

const length = 250;

let chain: Chain;
let postgres: TestPostgres;
beforeAll(async () => {
  [chain, postgres] = await Promise.all([createChain(), startPostgres()]);
});
afterAll(async () => {
  await chain?.stop();
  await postgres?.close();
});

test(
  'the indexer tells of a random history what the contracts’ views say, number by number',
  { timeout: 600_000 },
  async () => {
    await runWorld(chain, testSeed, length);
    const { token, channels, market, actors, assets } = chain.addresses;
    const contracts = { DataAnchoringToken: token, ValueChannels: channels, ValueMarket: market };
    const database = { kind: 'postgres' as const, url: postgres.url, schema: 'kedge' };
    const indexer = await startIndexer({ rpcUrl: chain.rpcUrl, chainId: 31337, contracts, database });
    try {
      await indexer.caughtUp();
      const lower = (address: Address) => address.toLowerCase() as Address;
      const all = [zeroAddress, ...assets.map(({ address }) => lower(address))];
      const compared = await compareWithChain(indexer.client, chain.rpcUrl, contracts, all, actors.map(lower));
      console.log(`compared: ${JSON.stringify(compared)}`);
      expect(compared.classes).toBeGreaterThan(0);
      expect(compared.tokens).toBeGreaterThan(0);
    } finally {
      await indexer.stop();
    }
  },
);
