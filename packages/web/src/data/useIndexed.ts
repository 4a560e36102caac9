import { BaseError, type IndexerAnswer, type IndexerParameters, type IndexerRouteName } from '@kedge/core';
import { createIndexerClient, type IndexerClient } from '@kedge/sdk';
import { useInfiniteQuery, useQuery, type UseQueryResult } from '@tanstack/react-query';
import { useMemo } from 'react';
import { useConfig } from '../app/configContext.js';
import { indexedPages, indexedQuery, type PagedName } from './indexedQueries.js';
import { onceEach } from './onceEach.js';

const usualMs = 4_000;

/** The indexer; undefined where the configuration names none. */
export function useIndexer(): IndexerClient | undefined {
  const { indexerUrl } = useConfig();
  return useMemo(() => (indexerUrl === undefined ? undefined : createIndexerClient({ url: indexerUrl })), [indexerUrl]);
}

/**
 * An answer of the indexer, asked for again every `every` ms while the page is looked at.
 *
 * @param parameters undefined: not asked yet, because something is not known yet.
 */
export function useIndexed<name extends IndexerRouteName>(
  name: name,
  parameters: IndexerParameters<name> | undefined,
  every = usualMs,
): UseQueryResult<IndexerAnswer<name>> {
  const indexer = useIndexer();
  return useQuery({ ...indexedQuery(() => required(indexer), name, parameters), refetchInterval: every });
}

/** A route whose answer is a page and nothing else. */
type ListName = Exclude<PagedName, 'earnings'>;

/** A list of the indexer as far as it was asked for. */
export type IndexedPages<name extends ListName> = {
  /** undefined: nothing has come yet. */
  readonly items: readonly IndexerAnswer<name>['items'][number][] | undefined;
  readonly error: Error | null;
  readonly isPlaceholderData: boolean;
  readonly refetch: () => unknown;
  /** Asks for the next page; undefined where there is none. */
  readonly more: (() => void) | undefined;
  /** The next page is on its way. */
  readonly isAsked: boolean;
};

/** A list of the indexer page by page, asked for again like an answer of {@link useIndexed}. */
export function useIndexedPages<name extends ListName>(
  name: name,
  parameters: IndexerParameters<name> | undefined,
  every = usualMs,
): IndexedPages<name> {
  const { pages, ...asked } = usePages(name, parameters, every);
  return { items: pages?.flatMap(({ items }) => items as IndexerAnswer<name>['items'][number][]), ...asked };
}

/** What an account earned, with its tokens as far as they were asked for. */
export function useEarnings(
  parameters: IndexerParameters<'earnings'> | undefined,
): Omit<IndexedPages<'tokens'>, 'items'> & { readonly earnings: IndexerAnswer<'earnings'> | undefined } {
  const { pages, ...asked } = usePages('earnings', parameters, usualMs);
  const [first] = pages ?? [];
  if (first === undefined) return { earnings: undefined, ...asked };
  return { earnings: { ...first, tokens: onceEach(pages!.flatMap(({ tokens }) => tokens)) }, ...asked };
}

function usePages<name extends PagedName>(name: name, parameters: IndexerParameters<name> | undefined, every: number) {
  const indexer = useIndexer();
  const { data, error, isPlaceholderData, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = useInfiniteQuery({
    ...indexedPages(() => required(indexer), name, parameters),
    refetchInterval: every,
  });
  return {
    pages: data?.pages as readonly IndexerAnswer<name>[] | undefined,
    error,
    isPlaceholderData,
    refetch,
    more: hasNextPage && !isPlaceholderData ? () => void fetchNextPage() : undefined,
    isAsked: isFetchingNextPage,
  };
}

function required(indexer: IndexerClient | undefined): IndexerClient {
  if (indexer !== undefined) return indexer;
  throw new BaseError('No indexer is configured.', {
    code: 'no_indexer',
    hints: ['Lists and histories come from an indexer: name one as indexerUrl in config.json.'],
  });
}
