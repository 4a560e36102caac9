import { createKedgeClient, toChainError } from '@kedge/sdk';
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
    return patiently(() => publicClient.request({ method, params: given } as never));
  };
  const still = createPublicClient({ chain: publicClient.chain, transport: custom({ request }) });
  const { deployment } = client;
  return { ...connection, publicClient: still, client: createKedgeClient({ publicClient: still, deployment }) };
}

/** Milliseconds to wait before it is asked again. */
const waits = [100, 400, 1_000, 2_000];

/** Behind a load balancer one node may not have the block yet that another has told of. No answer is null but that of such a one. */
async function patiently(ask: () => Promise<unknown>): Promise<unknown> {
  for (const wait of waits) {
    try {
      const answer = await ask();
      if (answer !== null) return answer;
    } catch (error) {
      if (toChainError(error, 'read the chain').code !== 'chain_behind') throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, wait));
  }
  return ask();
}
