import { indexerPath, type IndexerAnswer, type IndexerParameters, type IndexerRouteName } from '@kedge/core';
import type { IndexerClient } from '@kedge/sdk';
import type { QueryKey } from '@tanstack/react-query';

/** The lists that are looked at page by page. */
export type PagedName = 'attestations' | 'channels' | 'classes' | 'contributorEarnings' | 'earnings' | 'tokens';

type Ask<name extends IndexerRouteName> = (
  parameters: object,
  options: { signal: AbortSignal },
) => Promise<IndexerAnswer<name>>;

/** What only chooses from a list. The rest says whom or what an answer is about. */
const choosing: ReadonlySet<string> = new Set(['kind', 'text', 'type', 'limit', 'after', 'since']);

/** An answer of the indexer. Until it comes, the one before stands in for it, unless that is about something else. */
export function indexedQuery<name extends IndexerRouteName>(
  indexer: () => IndexerClient,
  name: name,
  parameters: IndexerParameters<name> | undefined,
) {
  const queryKey = keyOf(name, parameters);
  return {
    queryKey,
    enabled: parameters !== undefined,
    placeholderData: keepOfSame(queryKey),
    queryFn: async ({ signal }: { signal: AbortSignal }) =>
      (indexer()[name] as Ask<name>)(parameters as object, { signal }),
  };
}

/** A list of the indexer, page by page: each begins after the last item of the one before. */
export function indexedPages<name extends PagedName>(
  indexer: () => IndexerClient,
  name: name,
  parameters: IndexerParameters<name> | undefined,
) {
  const queryKey = [...keyOf(name, parameters), 'pages'];
  return {
    queryKey,
    enabled: parameters !== undefined,
    placeholderData: keepOfSame(queryKey),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ next }: IndexerAnswer<name>): string | undefined => next ?? undefined,
    queryFn: async ({ signal, pageParam }: { signal: AbortSignal; pageParam: string | undefined }) =>
      (indexer()[name] as Ask<name>)(
        { ...(parameters as object), ...(pageParam === undefined ? {} : { after: pageParam }) },
        { signal },
      ),
  };
}

function keyOf<name extends IndexerRouteName>(
  name: name,
  parameters: IndexerParameters<name> | undefined,
): [string, string, string] {
  if (parameters === undefined) return ['indexer', name, ''];
  const about = Object.fromEntries(Object.entries(parameters as object).filter(([field]) => !choosing.has(field)));
  return ['indexer', indexerPath(name, about as never), indexerPath(name, parameters as never)];
}

function keepOfSame(queryKey: QueryKey) {
  return <data>(before: data | undefined, query?: { readonly queryKey: QueryKey }): data | undefined =>
    query?.queryKey[1] === queryKey[1] ? before : undefined;
}
