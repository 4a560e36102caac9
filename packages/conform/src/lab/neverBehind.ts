import { createPublicClient, custom, numberToHex, type PublicClient } from 'viem';
import { lacksState } from './chainCall.js';

/** Where each request names the block whose state it is about. */
const blockPositions: Readonly<Record<string, number>> = {
  eth_call: 1,
  eth_estimateGas: 1,
  eth_getBalance: 1,
  eth_getCode: 1,
  eth_getStorageAt: 2,
};

/** Before a node that lacks a block is asked again. The first time it is the next one's turn. */
const waits = [0, 250, 1_000, 4_000];

/**
 * The same client, to which no state is shown that is older than what it has seen. Of nodes behind a load balancer one may
 * lack a block of which another has told, and the newest state is to it the one before. So the newest state is asked for by
 * the number of the newest block that is known, or as before where the nodes do not answer to that.
 */
export function neverBehind(client: PublicClient): PublicClient {
  let newest = 0n;
  const ask = async (method: string, params: readonly unknown[]): Promise<unknown> => {
    const answer: unknown = await client.request({ method, params } as never);
    const told = numberTold(method, answer);
    if (told > newest) newest = told;
    return answer;
  };
  const askOfNewest = async (method: string, params: readonly unknown[], position: number): Promise<unknown> => {
    for (const wait of waits) {
      try {
        return await ask(method, params.toSpliced(position, 1, numberToHex(newest)));
      } catch (error) {
        if (!lacksState(error)) throw error;
      }
      if (wait === 0) continue;
      // It may also be a block that is too old for a node which keeps the newest state alone.
      const known = newest;
      await ask('eth_blockNumber', []);
      if (newest === known) await new Promise((resolve) => setTimeout(resolve, wait));
    }
    return ask(method, params);
  };
  const request = ({ method, params = [] }: { readonly method: string; readonly params?: readonly unknown[] }) => {
    const position = blockPositions[method];
    const isOfNewest = position !== undefined && (params[position] ?? 'latest') === 'latest' && newest > 0n;
    return isOfNewest ? askOfNewest(method, params, position) : ask(method, params);
  };
  return createPublicClient({ chain: client.chain, transport: custom({ request }, { retryCount: 0 }), cacheTime: 0 });
}

function numberTold(method: string, answer: unknown): bigint {
  if (method === 'eth_blockNumber') return BigInt(answer as string);
  const block = answer as { readonly number?: string | null; readonly blockNumber?: string | null } | null;
  if (method === 'eth_getTransactionReceipt') return BigInt(block?.blockNumber ?? 0);
  return method === 'eth_getBlockByNumber' ? BigInt(block?.number ?? 0) : 0n;
}
