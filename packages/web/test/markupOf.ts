import type { WebConfig } from '@kedge/core';
import { QueryClient, QueryClientProvider, type QueryKey } from '@tanstack/react-query';
import { createElement, type ReactNode } from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import { foundry } from 'viem/chains';
import { createConfig, http, WagmiProvider } from 'wagmi';
import { ConfigContext } from '../src/app/configContext.js';

const nowhere = 'http://127.0.0.1:1';
const page = { chainId: 31337, contracts: {}, rpcUrl: nowhere, indexerUrl: nowhere } as unknown as WebConfig;

/**
 * An element as HTML, as it is before anything was asked for.
 *
 * @param known answers that are there already, by the key of their query
 * @param lost the keys of those which failed when they were asked for again
 */
export function markupOf(
  element: ReactNode,
  known: readonly (readonly [QueryKey, unknown])[] = [],
  lost: readonly QueryKey[] = [],
): string {
  const client = new QueryClient();
  for (const [key, answer] of known) client.setQueryData(key, answer);
  for (const key of lost)
    client
      .getQueryCache()
      .find({ queryKey: key })!
      .setState({ error: new Error('gone') });
  const config = createConfig({ chains: [foundry], transports: { [foundry.id]: http(nowhere) } });
  const inQueries = createElement(QueryClientProvider, { client }, element);
  const inWallets = createElement(WagmiProvider, { config, reconnectOnMount: false }, inQueries);
  return renderToStaticMarkup(createElement(ConfigContext, { value: page }, inWallets));
}
