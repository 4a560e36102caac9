import type { Address } from '@kedge/core';
import { numberToHex, RpcRequestError, UserRejectedRequestError } from 'viem';
import { createConnector, type CreateConnectorFn } from 'wagmi';

/** `type` of these connectors. */
export const developmentType = 'development';

/**
 * A wallet of the local development chain: one account whose well-known key the chain's node holds, so no key is in the
 * browser. What it is asked to send is sent at once; the review before is all that there is.
 */
export function developmentConnector(options: { role: string; address: Address; rpcUrl: string }): CreateConnectorFn {
  const { role, address, rpcUrl } = options;
  return createConnector(({ chains, emitter, storage }) => {
    const { id: chainId } = chains[0];
    const key = `development.${role}.connected` as never;
    const request = async ({ method, params = [] }: { method: string; params?: unknown }): Promise<unknown> => {
      if (method === 'eth_accounts' || method === 'eth_requestAccounts') return [address];
      if (method === 'eth_chainId') return numberToHex(chainId);
      if (method === 'wallet_switchEthereumChain') {
        throw new UserRejectedRequestError(new Error('This account is of the local chain only.'));
      }
      const body = { jsonrpc: '2.0', id: 1, method, params };
      const response = await fetch(rpcUrl, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
      const { result, error } = (await response.json()) as {
        result?: unknown;
        error?: { code: number; message: string };
      };
      if (error !== undefined) throw new RpcRequestError({ body, error, url: rpcUrl });
      return result;
    };
    return {
      id: `${developmentType}-${role}`,
      name: role,
      type: developmentType,
      connect: async () => {
        await storage?.setItem(key, true as never);
        return { accounts: [address], chainId } as never;
      },
      disconnect: async () => {
        await storage?.removeItem(key);
      },
      getAccounts: async () => [address],
      getChainId: async () => chainId,
      getProvider: async () => ({ request }),
      isAuthorized: async () => (await storage?.getItem(key)) === true,
      onAccountsChanged: () => undefined,
      onChainChanged: () => undefined,
      onDisconnect: () => emitter.emit('disconnect'),
    };
  });
}
