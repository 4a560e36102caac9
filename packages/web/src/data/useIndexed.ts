import { BaseError, indexerPath, type IndexerAnswer, type IndexerParameters, type IndexerRouteName } from '@kedge/core';
import { createIndexerClient, type IndexerClient } from '@kedge/sdk';
import { keepPreviousData, useQuery, type UseQueryResult } from '@tanstack/react-query';
import { useMemo } from 'react';
import { useConfig } from '../app/configContext.js';

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
  every = 4_000,
): UseQueryResult<IndexerAnswer<name>> {
  const indexer = useIndexer();
  return useQuery({
    queryKey: ['indexer', parameters === undefined ? name : indexerPath(name, parameters as never)],
    enabled: parameters !== undefined,
    refetchInterval: every,
    placeholderData: keepPreviousData,
    queryFn: async ({ signal }) => {
      if (indexer === undefined) throw noIndexer();
      const ask = indexer[name] as (given: object, options: object) => Promise<IndexerAnswer<name>>;
      return ask(parameters as object, { signal });
    },
  });
}

function noIndexer(): BaseError {
  return new BaseError('No indexer is configured.', {
    code: 'no_indexer',
    hints: ['Lists and histories come from an indexer: name one as indexerUrl in config.json.'],
  });
}
