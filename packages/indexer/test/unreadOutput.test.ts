import { deployContracts } from '@kedge/sdk';
import { startAnvil } from '@kedge/testing';
import { expect, test } from 'vitest';
import { patience, startIndexer } from './startIndexer.js';

test(
  'an indexer whose output nobody reads any more goes on, and ends when it is told to',
  { timeout: patience },
  async () => {
    const anvil = await startAnvil();
    try {
      const { contracts } = await deployContracts({
        publicClient: anvil.publicClient,
        walletClient: anvil.walletOf(0),
      });
      const indexer = await startIndexer({ rpcUrl: anvil.rpcUrl, chainId: 31337, contracts });
      try {
        await indexer.caughtUp();
        indexer.stopReading();
        // That blocks are final is noted on stderr.
        await anvil.testClient.mine({ blocks: 100 });
        await indexer.caughtUp();
      } finally {
        await indexer.stop();
      }
      expect(await indexer.ended).toBe(0);
    } finally {
      await anvil.stop();
    }
  },
);
