import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  attestationRegistryAbi,
  attestationToAbi,
  indexerRoutes,
  labelHash,
  readIndexerAnswer,
  zeroAddress,
  type IndexerRoute,
  type IndexerRouteName,
} from '@kedge/core';
import { createKedgeClient } from '@kedge/sdk';
import { startAnvil, startPostgres, testSeed, type Anvil, type TestPostgres } from '@kedge/testing';
import pg from 'pg';
import { keccak256 } from 'viem';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { allAnswers } from './allAnswers.js';
import { checkExplanation } from './checkExplanation.js';
import { compareWithChain } from './compareWithChain.js';
import { createGraph, type Graph } from './randomGraph.js';
import { patience, startIndexer, until, type RunningIndexer } from './startIndexer.js';

describe('the indexer over a random lineage', { timeout: patience }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'kedge-indexer-test-'));
  let anvil: Anvil;
  let postgres: TestPostgres;
  let graph: Graph;
  /** With the embedded database. */
  let indexer: RunningIndexer;
  /** Of the same chain, in a PostgreSQL. */
  let other: RunningIndexer;
  /** The chain right after the contracts and classes were made. */
  let early: `0x${string}`;
  let forgetAfterEarly: () => void;

  const settings = () => ({ rpcUrl: anvil.rpcUrl, chainId: 31337, contracts: graph.deployment.contracts });
  const start = async (): Promise<void> => {
    [indexer, other] = await Promise.all([
      startIndexer({ ...settings(), database: { kind: 'pglite', directory: join(folder, 'database') } }),
      startIndexer({ ...settings(), database: { kind: 'postgres', url: postgres.url, schema: 'kedge_indexer' } }),
    ]);
  };
  const both = async (act: (each: RunningIndexer) => Promise<void>): Promise<void> => {
    await Promise.all([indexer, other].map(act));
  };
  const stop = () => both((each) => each.stop());
  /** What the embedded database says is what the contracts say, and what the PostgreSQL says. */
  const compare = async () => {
    await both((each) => each.caughtUp());
    const { rpcUrl } = anvil;
    const { client } = indexer;
    const compared = await compareWithChain(client, rpcUrl, graph.deployment.contracts, graph.assets, graph.accounts);
    const about = { assets: graph.assets, accounts: graph.accounts };
    expect(await allAnswers(other.client, about)).toEqual(await allAnswers(client, about));
    return compared;
  };
  const get = async (path: string) => {
    const response = await fetch(`${indexer.url}${path}`);
    return { status: response.status, type: response.headers.get('content-type'), text: await response.text() };
  };

  const sql = (each: RunningIndexer, text: string) => {
    const url = new URL('/sql/db', each.url);
    url.searchParams.set('sql', JSON.stringify({ json: { sql: text, params: [], typings: [] } }));
    return fetch(url);
  };

  beforeAll(async () => {
    console.log(`indexer: seed ${testSeed} (another with KEDGE_SEED)`);
    [anvil, postgres] = await Promise.all([startAnvil(), startPostgres()]);
    graph = await createGraph(anvil, testSeed, 7);
    early = await anvil.testClient.snapshot();
    forgetAfterEarly = graph.mark();
    // The older part is final when the indexers begin, the newer may still be taken back.
    await graph.go(40);
    await anvil.testClient.mine({ blocks: 100 });
    await graph.go(14);
    await start();
  }, patience);
  afterAll(async () => {
    await indexer?.stop('SIGKILL');
    await other?.stop('SIGKILL');
    await postgres?.close();
    await anvil?.stop();
    rmSync(folder, { recursive: true, force: true });
  }, patience);

  test('every number is what the contracts say, and every claim is explained to the smallest unit, through lineage', async () => {
    const compared = await compare();
    expect(compared.claimable).toBeGreaterThan(0);
    expect(compared.attestations).toBeGreaterThan(0);
    expect(compared.verdicts).toBeGreaterThan(0);
    const { items } = await indexer.client.tokens({ limit: 500 });
    const causes = { settlement: 0, use: 0, backing: 0, royalty: 0 };
    for (const { tokenId, claimable } of items) {
      for (const { asset, amount } of claimable) {
        for (const limit of [1, 500]) {
          const explained = await indexer.client.explainClaim({ tokenId, asset, limit });
          expect(explained.claimable).toBe(amount);
          const found = checkExplanation(explained);
          for (const cause of Object.keys(causes) as (keyof typeof causes)[]) causes[cause] += found[cause];
        }
      }
    }
    console.log(`causes: ${JSON.stringify(causes)}`);
    expect(causes.settlement).toBeGreaterThan(0);
    expect(causes.royalty).toBeGreaterThan(0);
  });

  test('the OpenAPI document names every route, and every route answers in its own form, as JSON and as CSV', async () => {
    const document = JSON.parse((await get('/openapi.json')).text) as {
      paths: Record<string, { get: { operationId: string; parameters: { name: string; schema: object }[] } }>;
    };
    const routes = Object.entries(indexerRoutes) as [IndexerRouteName, IndexerRoute][];
    expect(Object.values(document.paths).map((path) => path.get.operationId)).toEqual(routes.map(([name]) => name));
    const { parameters } = document.paths['/activity']!.get;
    const parameterOf = (wanted: string) => parameters.find(({ name }) => name === wanted)?.schema;
    expect(parameterOf('limit')).toEqual({ type: 'integer', minimum: 1, maximum: 500, default: 50 });
    expect(parameterOf('since')).toMatchObject({ description: expect.stringContaining('`id` of an item') });
    // References lead somewhere.
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)].map(([, path]) => path!);
    for (const path of references) {
      const found = path.split('/').reduce<unknown>((node, key) => (node as Record<string, unknown>)?.[key], document);
      expect(found, path).toBeDefined();
    }
    const { tokenId, classId } = (await indexer.client.tokens({ limit: 1 })).items[0]!;
    const example: Record<string, string> = {
      tokenId: String(tokenId),
      classId: String(classId),
      address: graph.accounts[0]!,
      asset: zeroAddress,
    };
    for (const [name, route] of routes) {
      // There is no channel in this history; the differential test has some.
      if (route.path.includes(':channelId')) continue;
      const path = route.path.replace(/:(\w+)/g, (_, field: string) => example[field]!);
      const answer = await get(path);
      expect(answer, path).toMatchObject({ status: 200, type: 'application/json' });
      readIndexerAnswer(name, JSON.parse(answer.text));
      if (route.query === undefined || !('format' in route.query.shape)) continue;
      const csv = await get(`${path}?format=csv`);
      expect(csv.type, path).toContain('text/csv');
      const items = JSON.parse(answer.text) as { items?: unknown[]; tokens?: unknown[] };
      const lines = csv.text.trimEnd().split('\r\n');
      expect(lines.length - 1, path).toBeGreaterThanOrEqual((items.items ?? items.tokens)!.length);
    }
  });

  test('P31: attestations are listed by subject and attester, with the labels that are known', async () => {
    const { items } = await indexer.client.attestations({ limit: 500 });
    expect(items.length).toBeGreaterThan(1);
    const [newest] = items;
    const about = newest!.subjectKind === 'class' ? { classId: newest!.subjectId } : { tokenId: newest!.subjectId };
    const ofSubject = await indexer.client.attestations({ ...about, limit: 500 });
    expect(ofSubject.items).toEqual(
      items.filter(
        ({ subjectKind, subjectId }) => subjectKind === newest!.subjectKind && subjectId === newest!.subjectId,
      ),
    );
    expect((await indexer.client.attestations({ attester: newest!.attester, limit: 500 })).items).toEqual(items);
    expect((await indexer.client.attestations({ attester: zeroAddress })).items).toEqual([]);
    const first = await indexer.client.attestations({ limit: 1 });
    const second = await indexer.client.attestations({ limit: 499, after: first.next! });
    expect([...first.items, ...second.items]).toEqual(items);
    for (const { type, typeHash } of items) {
      expect(typeHash).toBe(labelHash(type ?? 'something else', (bytes) => keccak256(bytes, 'bytes')));
    }
  });

  test('P31: of more than a hundred verdicts on a statement the newest hundred are listed, and all are counted', async () => {
    const { publicClient } = anvil;
    const { deployment } = graph;
    const as = (index: number) => createKedgeClient({ publicClient, walletClient: anvil.walletOf(index), deployment });
    await both((each) => each.caughtUp());
    const { classId } = (await indexer.client.tokens({ limit: 1 })).items[0]!;
    const statementHash = `0x${'cd'.repeat(32)}` as const;
    const { id } = await as(0).attest({ classId, type: 'licence', statementHash });
    const report = { attestationId: id, method: 'audit', statementHash };
    // The two oldest are those that are cut off: all of one verifier's, and another's first.
    await as(2).giveVerdict({ ...report, outcome: 'refuted' });
    const { attestation } = await as(1).giveVerdict({ ...report, outcome: 'confirmed' });
    const versions = Array.from({ length: 100 }, (_, index) => index + 2);
    // In one block: nobody waits for a hundred.
    const wallet = anvil.walletOf(1);
    const nonce = await publicClient.getTransactionCount({ address: wallet.account.address });
    await anvil.testClient.setAutomine(false);
    for (const [index, version] of versions.entries()) {
      await wallet.writeContract({
        chain: null,
        address: deployment.contracts.AttestationRegistry!,
        abi: attestationRegistryAbi,
        functionName: 'attest',
        args: [attestationToAbi({ ...attestation, version }), '0x'],
        nonce: nonce + index,
        gas: 200_000n,
      });
    }
    await anvil.testClient.mine({ blocks: 1 });
    await anvil.testClient.setAutomine(true);
    await both(async (each) => {
      await each.caughtUp();
      const { items } = await each.client.attestations({ classId, limit: 500 });
      const found = items.find((item) => item.id === id)!;
      expect(found.verdictCount).toBe(102);
      expect(found.verdicts.map(({ version }) => version)).toEqual(versions.toReversed());
      expect(found.verdicts.map(({ isLast }) => isLast)).toEqual(versions.map((_, index) => index === 0));
      // Each statement of a page has a hundred of its own.
      const [alone] = (await each.client.attestations({ classId, limit: 1 })).items;
      expect(alone).toEqual(found);
    });
  });

  test('pages follow one another without gaps or repeats', async () => {
    await indexer.caughtUp();
    const whole = (await indexer.client.activity({ limit: 60 })).items.map(({ id }) => id);
    const first = await indexer.client.activity({ limit: 25 });
    const second = await indexer.client.activity({ limit: 35, after: first.next! });
    expect([...first.items, ...second.items].map(({ id }) => id)).toEqual(whole);
    const newer = await indexer.client.activity({ since: whole[10]!, limit: 60 });
    expect(newer.items.map(({ id }) => id)).toEqual(whole.slice(0, 10));
    // As far behind the end as a cursor can say.
    const { status, text } = await get(`/classes/1/holders?after=${'9'.repeat(40)}`);
    expect([status, JSON.parse(text)]).toEqual([200, { items: [], next: null }]);
  });

  test.each([
    ['/classes/one', 400, 'request_invalid'],
    ['/classes?kind=book', 400, 'request_invalid'],
    ['/classes?limit=501', 400, 'request_invalid'],
    ['/classes?colour=red', 400, 'request_invalid'],
    ['/classes?after=yesterday', 400, 'request_invalid'],
    ['/tokens?owner=0x12', 400, 'request_invalid'],
    [`/explain/claim/1/${zeroAddress}`, 404, 'token_unknown'],
    ['/classes/999', 404, 'class_unknown'],
    ['/tokens/999', 404, 'token_unknown'],
    [`/channels/0x${'00'.repeat(32)}`, 404, 'channel_unknown'],
    ['/nothing', 404, 'route_unknown'],
  ])('GET %s answers %i with Problem Details', async (path, status, code) => {
    const answer = await get(path);
    expect(answer).toMatchObject({ status, type: 'application/problem+json' });
    expect(JSON.parse(answer.text)).toMatchObject({ type: `/problems/${code}`, status, error: { code } });
  });

  test('GraphQL answers, and SQL over HTTP reads and does not write', async () => {
    const query =
      '{ classBooks(limit: 3) { items { classId totalShare } totalCount } ' +
      'attestations(limit: 1) { items { id attester } } verdicts(limit: 1) { items { attestationId outcome } } }';
    const ask = (body: object | string, type = 'application/json') =>
      fetch(`${indexer.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': type },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      });
    const answer = await ask({ query });
    type Part = { items: Record<string, unknown>[]; totalCount: number };
    const { data } = (await answer.json()) as { data: Record<'classBooks' | 'attestations' | 'verdicts', Part> };
    expect([data.classBooks.items.length, data.classBooks.totalCount]).toEqual([3, 7]);
    expect(data.attestations.items).toEqual([{ id: expect.any(String), attester: graph.accounts[0] }]);
    expect(data.verdicts.items).toEqual([{ attestationId: expect.any(String), outcome: expect.any(Number) }]);
    const limited =
      'query q($limit: Int, $after: String) { classBooks(limit: $limit, after: $after) { items { classId } ' +
      'pageInfo { endCursor } } }';
    type Page = { data: { classBooks: { items: unknown[]; pageInfo: { endCursor: string } } } };
    const page = async (variables: object) => (await ask({ query: limited, variables })).json();
    const first = (await page({ limit: 5 })) as Page;
    const after = first.data.classBooks.pageInfo.endCursor;
    expect(((await page({ limit: 5, after })) as Page).data.classBooks.items).toHaveLength(2);
    for (const nonsense of [{ limit: -2 }, { limit: 0 }, { limit: 1e9 }, { after: 'yesterday' }]) {
      const said = await page(nonsense);
      expect(said).toEqual({ errors: [expect.objectContaining({ extensions: { code: 'request_invalid' } })] });
    }
    const asForm = await ask(`query=${encodeURIComponent(query)}`, 'application/x-www-form-urlencoded');
    expect(await asForm.json()).toEqual({ errors: [{ message: 'Send the query as application/json.' }] });
    expect(await (await ask('{')).json()).toMatchObject({ errors: [{ message: expect.stringContaining('JSON') }] });
    const read = await sql(indexer, 'SELECT count(*)::int AS count FROM class');
    expect(await read.json()).toMatchObject({ rows: [{ count: 7 }] });
    for (const each of [indexer, other]) {
      for (const text of [
        'DELETE FROM class',
        'INSERT INTO due VALUES (1)',
        'DROP TABLE class',
        "SELECT pg_read_file('/etc/passwd')",
        'zzz',
        'SELECT nothing FROM class',
        'SELECT 1; SELECT 2',
        // With PostgreSQL Ponder tries for a minute what fails while it runs.
        ...(each === indexer ? ['SELECT 1 / 0'] : []),
      ]) {
        const refused = await sql(each, text);
        expect(refused.status, text).toBe(400);
        expect(refused.headers.get('content-type'), text).toBe('application/problem+json');
        expect(await refused.json(), text).toMatchObject({ type: '/problems/query_invalid', status: 400 });
      }
    }
    for (const path of [
      '/sql/db',
      '/sql/live',
      '/sql/db?sql=zzz',
      '/sql/live?sql=zzz',
      '/sql/db?sql=null',
      '/sql/db?sql={}',
    ]) {
      const { status, type, text } = await get(path);
      expect([status, type], path).toEqual([400, 'application/problem+json']);
      expect(JSON.parse(text), path).toMatchObject({ type: '/problems/query_invalid' });
    }
    expect((await get('/sql/none')).status).toBe(404);
  });

  test('a query that would keep the embedded database from all else is refused before it runs', async () => {
    const joined = (count: number) => Array.from({ length: count }, (_, each) => `happening h${each}`).join(', ');
    for (const text of [`SELECT count(*) FROM ${joined(14)}`, `SELECT * FROM ${joined(3)}`]) {
      const refused = await sql(indexer, text);
      expect(refused.status, text).toBe(400);
      expect(await refused.json(), text).toMatchObject({
        type: '/problems/query_invalid',
        values: { reason: expect.stringContaining('run the indexer on a PostgreSQL server') },
      });
    }
    for (const text of [
      'SELECT l.class_id, count(*) FROM class c JOIN ledger l USING (class_id) GROUP BY 1',
      'SELECT * FROM happening WHERE amount + 0 = 0 ORDER BY type',
      'SELECT h.type FROM happening h, token t WHERE h.at < t.minted_at',
    ]) {
      expect((await sql(indexer, text)).status, text).toBe(200);
    }
  });

  test('live queries that are refused leave room for others', async () => {
    const live = (text: string, signal?: AbortSignal) => {
      const url = new URL('/sql/live', indexer.url);
      url.searchParams.set('sql', JSON.stringify({ json: { sql: text, params: [], typings: [] } }));
      return fetch(url, signal === undefined ? {} : { signal });
    };
    // As many as Ponder has open at once.
    for (let round = 0; round < 20; round++) {
      const refused = Array.from({ length: 50 }, () => live('DELETE FROM class'));
      for (const answer of await Promise.all(refused)) expect(answer.status).toBe(400);
    }
    const left = new AbortController();
    const open = await live('SELECT count(*) FROM class', left.signal);
    expect([open.status, open.headers.get('content-type')]).toEqual([200, 'text/event-stream']);
    left.abort();
  });

  test('what PostgreSQL breaks off answers 503, with when to ask again', async () => {
    const [holder, watcher] = await Promise.all(
      [0, 1].map(async () => {
        const client = new pg.Client({ connectionString: postgres.url });
        await client.connect();
        return client;
      }),
    );
    // Broken off while it writes a block, the indexer would try again later and later, up to a minute, and hold up what follows.
    await both((each) => each.caughtUp());
    try {
      await holder!.query('BEGIN; LOCK TABLE kedge_indexer.class IN ACCESS EXCLUSIVE MODE');
      let answer: Response | undefined;
      void fetch(`${other.url}/classes`).then((response) => (answer = response));
      // As an administrator does, or a timer of the server.
      const breakOff =
        "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query ~* '^select'";
      await until(
        'the answer to a query that is broken off',
        async () => {
          await watcher!.query(breakOff);
          return answer;
        },
        () => `the indexer printed last:\n${other.output().slice(-4_000)}`,
      );
      expect([answer!.status, answer!.headers.get('retry-after')]).toEqual([503, '1']);
      expect(answer!.headers.get('content-type')).toBe('application/problem+json');
      expect(await answer!.json()).toMatchObject({ type: '/problems/database_unavailable', status: 503 });
    } finally {
      await holder!.end();
      await watcher!.end();
    }
    expect((await fetch(`${other.url}/classes`)).status).toBe(200);
  });

  test('it follows a reorganisation: what was taken back is gone, what came instead is there', async () => {
    const newest = () =>
      Promise.all(
        [indexer, other].map(async ({ client }) => (await client.activity({ limit: 1 })).items[0]!.transactionHash),
      );
    const fork = await anvil.testClient.snapshot();
    const forget = graph.mark();
    await graph.go(12);
    await both((each) => each.caughtUp());
    let before: string | undefined;
    const inOther = async (): Promise<boolean> => {
      const [one, another] = await newest();
      before = one;
      return one === another;
    };
    await expect.poll(inOther).toBe(true);
    await anvil.testClient.revert({ id: fork });
    forget();
    // Other blocks than before: their time differs.
    await anvil.testClient.increaseTime({ seconds: 1_000 });
    await graph.go(17);
    await compare();
    await both(async ({ client }) => {
      const { items } = await client.activity({ limit: 500 });
      expect(items.map(({ transactionHash }) => transactionHash)).not.toContain(before);
    });
  });

  test('stopped and started, it goes on from where it was', async () => {
    // Blocks that are final by now are noted within a second or two; without a note it would build anew.
    await anvil.testClient.mine({ blocks: 70 });
    await both((each) => each.caughtUp());
    await both((each) => each.noted());
    await stop();
    await graph.go(5);
    await start();
    await compare();
    for (const { output } of [indexer, other]) {
      expect(output()).not.toContain('built anew');
      // Nor did it wait for the one before it, which let go of the schema when it was stopped.
      expect(output()).not.toContain('Schema is locked');
    }
  });

  test('a chain that is cut off below what was final ends it at once, and is indexed anew, as short as it is by then', async () => {
    const fork = await anvil.testClient.snapshot();
    await graph.go(6);
    await anvil.testClient.mine({ blocks: 100 });
    await both((each) => each.caughtUp());
    await both((each) => each.noted());
    await anvil.testClient.revert({ id: fork });
    // Other blocks than before, and more of them.
    await anvil.testClient.increaseTime({ seconds: 1_000 });
    await anvil.testClient.mine({ blocks: 120 });
    expect(await Promise.all([indexer.ended, other.ended])).toEqual([75, 75]);
    for (const { output } of [indexer, other]) expect(output()).toContain('replaced blocks that were final');
    await anvil.testClient.revert({ id: early });
    forgetAfterEarly();
    await graph.go(10);
    await start();
    for (const { output } of [indexer, other]) {
      expect(output()).toMatch(/built anew: the chain (is shorter than|has another) block/);
    }
    await compare();
  });
});
