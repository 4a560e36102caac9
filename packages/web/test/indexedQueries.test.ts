import { developmentAccount } from '@kedge/testing';
import type { IndexerClient } from '@kedge/sdk';
import { InfiniteQueryObserver, QueryClient, QueryObserver } from '@tanstack/react-query';
import { expect, onTestFinished, test } from 'vitest';
import { indexedPages, indexedQuery } from '../src/data/indexedQueries.js';

const [first, second] = [developmentAccount(1).address, developmentAccount(2).address];

/** An indexer that answers as it is told, and what it was asked. */
function indexerOf(answer: (asked: Record<string, unknown>) => unknown) {
  const asked: Record<string, unknown>[] = [];
  const ask = async (parameters: Record<string, unknown>) => {
    asked.push(parameters);
    return answer(parameters);
  };
  const indexer = { earnings: ask, classes: ask, tokens: ask } as unknown as IndexerClient;
  const queries = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  onTestFinished(() => queries.clear());
  return { asked, queries, of: () => indexer };
}

test('what one account earned never stands in for what another did', async () => {
  const { queries, of } = indexerOf(({ address }) => ({ of: address }));
  const observer = new QueryObserver(queries, indexedQuery(of, 'earnings', { address: first }));
  onTestFinished(observer.subscribe(() => undefined));
  await observer.refetch();
  expect(observer.getCurrentResult().data).toEqual({ of: first });
  observer.setOptions(indexedQuery(of, 'earnings', { address: second }));
  expect(observer.getCurrentResult().data).toBeUndefined();
  await observer.refetch();
  expect(observer.getCurrentResult().data).toEqual({ of: second });
  observer.setOptions(indexedQuery(of, 'earnings', undefined));
  expect(observer.getCurrentResult().data).toBeUndefined();
});

test('another choice from the same list leaves the list there until the answer comes', async () => {
  const { queries, of } = indexerOf(({ text }) => ({ items: [text], next: null }));
  const observer = new QueryObserver(queries, indexedQuery(of, 'classes', { text: 'a' }));
  onTestFinished(observer.subscribe(() => undefined));
  await observer.refetch();
  observer.setOptions(indexedQuery(of, 'classes', { text: 'b' }));
  expect(observer.getCurrentResult()).toMatchObject({ data: { items: ['a'] }, isPlaceholderData: true });
});

test('the next page begins after the last, however many there are, and none asks for more than a page', async () => {
  const { queries, of, asked } = indexerOf(({ after }) => {
    const page = Number(after ?? 0);
    return { items: [page], next: page === 2 ? null : String(page + 1) };
  });
  const options = indexedPages(of, 'tokens', { owner: first, limit: 20 });
  const observer = new InfiniteQueryObserver(queries, options);
  onTestFinished(observer.subscribe(() => undefined));
  await observer.refetch();
  await observer.fetchNextPage();
  const { data, hasNextPage } = await observer.fetchNextPage();
  expect(data?.pages.flatMap(({ items }) => items)).toEqual([0, 1, 2]);
  expect(hasNextPage).toBe(false);
  expect(asked.slice(-3)).toEqual([
    { owner: first, limit: 20 },
    { owner: first, limit: 20, after: '1' },
    { owner: first, limit: 20, after: '2' },
  ]);
  observer.setOptions(indexedPages(of, 'tokens', { owner: second, limit: 20 }));
  expect(observer.getCurrentResult().data).toBeUndefined();
});
