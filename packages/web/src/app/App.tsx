import type { WebConfig } from '@kedge/core';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { useState } from 'react';
import { WagmiProvider } from 'wagmi';
import { TransactionProvider } from '../actions/TransactionProvider.js';
import { createWagmiConfig } from '../wallet/createWagmiConfig.js';
import { ConfigContext } from './configContext.js';
import { ErrorBoundary } from './ErrorBoundary.js';
import { Shell } from './Shell.js';

/** Everything, around the present page. */
export function App({ config }: { config: WebConfig }) {
  const [wagmi] = useState(() => createWagmiConfig(config));
  const [queries] = useState(
    () =>
      new QueryClient({
        // A part that is down is shown as down, at once; it is asked again by the next interval or by the reader.
        // All of it may be on this machine: that this is offline is no reason to ask nothing.
        defaultOptions: {
          queries: { retry: false, staleTime: 2_000, refetchOnWindowFocus: true, networkMode: 'always' },
          mutations: { networkMode: 'always' },
        },
      }),
  );
  return (
    <ConfigContext value={config}>
      <WagmiProvider config={wagmi}>
        <QueryClientProvider client={queries}>
          <ErrorBoundary>
            <TransactionProvider>
              <Shell />
            </TransactionProvider>
          </ErrorBoundary>
        </QueryClientProvider>
      </WagmiProvider>
    </ConfigContext>
  );
}
