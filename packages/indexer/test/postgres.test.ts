import { startAnvil, startPostgres, testSeed, type Anvil, type TestPostgres } from '@kedge/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compareWithChain } from './compareWithChain.js';
import { createGraph, type Graph } from './randomGraph.js';
import { startIndexer, type RunningIndexer } from './startIndexer.js';

const patience = 300_000;

describe('the indexer in a PostgreSQL', { timeout: patience }, () => {
  let anvil: Anvil;
  let postgres: TestPostgres;
  let graph: Graph;
  let indexer: RunningIndexer;
  let embedded: RunningIndexer | undefined;
  /** The chain right after the contracts and classes were made. */
  let early: `0x${string}`;
  let forgetAfterEarly: () => void;

  const settings = () => ({ rpcUrl: anvil.rpcUrl, chainId: 31337, contracts: graph.deployment.contracts });
  const start = (): Promise<RunningIndexer> =>
    startIndexer({ ...settings(), database: { kind: 'postgres', url: postgres.url, schema: 'kedge_indexer' } });
  const compare = async () => {
    await indexer.caughtUp();
    return compareWithChain(indexer.client, anvil.rpcUrl, graph.deployment.contracts, graph.assets, graph.accounts);
  };
  /** Everything that lists and details say. */
  const allOf = async ({ client, caughtUp }: RunningIndexer) => {
    await caughtUp();
    const { items: classes } = await client.classes({ limit: 500 });
    const { items: tokens } = await client.tokens({ limit: 500 });
    return {
      classes: await Promise.all(classes.map(({ classId }) => client.class({ classId }))),
      tokens: await Promise.all(tokens.map(({ tokenId }) => client.token({ tokenId }))),
      earnings: await Promise.all(graph.accounts.map((address) => client.earnings({ address }))),
      activity: (await client.activity({ limit: 500 })).items,
    };
  };

  beforeAll(async () => {
    console.log(`indexer in PostgreSQL: seed ${testSeed} (another with KEDGE_SEED)`);
    [anvil, postgres] = await Promise.all([startAnvil(), startPostgres()]);
    graph = await createGraph(anvil, testSeed, 4);
    early = await anvil.testClient.snapshot();
    forgetAfterEarly = graph.mark();
    // The older part is final when the indexer begins, the newer may still be taken back.
    await graph.go(25);
    await anvil.testClient.mine({ blocks: 100 });
    await graph.go(10);
    indexer = await start();
  }, patience);
  afterAll(async () => {
    await embedded?.stop('SIGKILL');
    await indexer?.stop('SIGKILL');
    await postgres?.close();
    await anvil?.stop();
  }, patience);

  test('every number is what the contracts say, and what the embedded database says', async () => {
    const compared = await compare();
    expect(compared.claimable).toBeGreaterThan(0);
    embedded = await startIndexer(settings());
    expect(await allOf(indexer)).toEqual(await allOf(embedded));
    await embedded.stop();
  });

  test('it follows a reorganisation', async () => {
    const fork = await anvil.testClient.snapshot();
    const forget = graph.mark();
    await graph.go(6);
    await indexer.caughtUp();
    const before = await indexer.client.activity({ limit: 1 });
    await anvil.testClient.revert({ id: fork });
    forget();
    // Other blocks than before: their time differs.
    await anvil.testClient.increaseTime({ seconds: 1_000 });
    await graph.go(9);
    await compare();
    const { items } = await indexer.client.activity({ limit: 500 });
    expect(items.map(({ transactionHash }) => transactionHash)).not.toContain(before.items[0]!.transactionHash);
  });

  test('stopped and started, it goes on from where it was', async () => {
    await anvil.testClient.mine({ blocks: 70 });
    await indexer.caughtUp();
    await indexer.noted();
    await indexer.stop();
    await graph.go(3);
    indexer = await start();
    await compare();
    expect(indexer.output()).not.toContain('built anew');
  });

  test('of a chain that was cut off while it was away it is built anew', async () => {
    await indexer.stop();
    await anvil.testClient.revert({ id: early });
    forgetAfterEarly();
    await graph.go(5);
    indexer = await start();
    expect(indexer.output()).toMatch(/built anew: the chain (is shorter than|has another) block/);
    await compare();
  });
});
