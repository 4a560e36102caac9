import { createKedgeClient } from '@kedge/sdk';
import { createPublicClient, custom, numberToHex } from 'viem';
import type { Connection } from './connect.js';

/** The same connection, for which the chain stands still: numbers that are put side by side are of one moment. */
export async function atOneBlock(connection: Connection): Promise<Connection> {
  const { publicClient, client } = connection;
  const newest = numberToHex(await publicClient.getBlockNumber({ cacheTime: 0 }));
  const request = async ({ method, params }: { method: string; params?: unknown }): Promise<unknown> => {
    if (method === 'eth_blockNumber') return newest;
    const given = Array.isArray(params)
      ? params.map((param: unknown) => (param === 'latest' ? newest : param))
      : params;
    return publicClient.request({ method, params: given } as Parameters<typeof publicClient.request>[0]);
  };
  const still = createPublicClient({ chain: publicClient.chain, transport: custom({ request }) });
  const { deployment } = client;
  return { ...connection, publicClient: still, client: createKedgeClient({ publicClient: still, deployment }) };
}
