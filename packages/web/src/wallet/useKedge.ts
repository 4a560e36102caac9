import { createKedgeClient, type KedgeClient, type KedgeReadClient, type Wallet } from '@kedge/sdk';
import { useCallback, useMemo } from 'react';
import type { PublicClient } from 'viem';
import { useConfig as useWagmi, usePublicClient } from 'wagmi';
import { getWalletClient } from 'wagmi/actions';
import { useConfig } from '../app/configContext.js';

/** The contracts, for reading. */
export function useReader(): KedgeReadClient {
  const deployment = useConfig();
  const publicClient = usePublicClient() as PublicClient;
  return useMemo(() => createKedgeClient({ publicClient, deployment }), [publicClient, deployment]);
}

/** Makes a client that writes as the connected account. `watch` may put itself between it and the wallet. */
export function useWriter(): (watch: (wallet: Wallet) => Wallet) => Promise<KedgeClient> {
  const wagmi = useWagmi();
  const deployment = useConfig();
  const publicClient = usePublicClient() as PublicClient;
  return useCallback(
    async (watch) => {
      const walletClient = watch((await getWalletClient(wagmi, { chainId: deployment.chainId })) as Wallet);
      return createKedgeClient({ publicClient, walletClient, deployment });
    },
    [wagmi, publicClient, deployment],
  );
}
