import { BaseError } from '@kedge/core';
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { useIndexer } from '../data/useIndexed.js';
import { ErrorState } from '../ui/ErrorState.js';
import { useConfig } from './configContext.js';

const everyMs = 5_000;

/** The pages, unless their indexer follows another chain than they read: figures of the two would stand side by side. */
export function SameChain({ children }: { children: ReactNode }) {
  const { chainId } = useConfig();
  const indexer = useIndexer();
  const { data: found } = useQuery({
    queryKey: ['indexer-chain'],
    enabled: indexer !== undefined,
    staleTime: Infinity,
    refetchInterval: ({ state }) => (state.data === undefined ? everyMs : false),
    queryFn: async ({ signal }) => (await indexer!.status({}, { signal })).chainId,
  });
  if (found === undefined || found === chainId) return children;
  const error = new BaseError(`The indexer follows chain ${found}, and this page reads chain ${chainId}.`, {
    code: 'chain_mismatch',
    hints: ['Name an RPC URL, contracts and an indexer of one chain in config.json.'],
  });
  return <ErrorState error={error} />;
}
