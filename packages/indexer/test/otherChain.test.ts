import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startAnvil } from '@kedge/testing';
import type { Hash } from 'viem';
import { expect, test } from 'vitest';
import { createGraph } from './randomGraph.js';
import { patience, startIndexer } from './startIndexer.js';

test(
  'what an embedded database has of a chain that was begun anew is gone, though its id and its contracts are the same',
  { timeout: patience },
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'kedge-other-chain-'));
    const database = { kind: 'pglite', directory: join(folder, 'database') } as const;
    const addresses = new Set<string>();
    for (const seed of [1, 2]) {
      const anvil = await startAnvil({ args: ['--timestamp', String(1_700_000_000 + seed)] });
      try {
        const { deployment, go } = await createGraph(anvil, seed, 3);
        const { contracts } = deployment;
        addresses.add(contracts.DataAnchoringToken);
        await go(5);
        // Only what is final is kept for the next start.
        await anvil.testClient.mine({ blocks: 100 });
        const indexer = await startIndexer({ rpcUrl: anvil.rpcUrl, chainId: 31337, contracts, database });
        try {
          await indexer.caughtUp();
          const { items } = await indexer.client.activity({ limit: 500 });
          expect(items.length).toBeGreaterThan(5);
          for (const { transactionHash } of items) {
            const hash = transactionHash as Hash;
            expect(await anvil.publicClient.getTransaction({ hash })).toMatchObject({ hash });
          }
          await indexer.noted();
        } finally {
          await indexer.stop();
        }
      } finally {
        await anvil.stop();
      }
    }
    expect(addresses.size).toBe(1);
    rmSync(folder, { recursive: true });
  },
);
