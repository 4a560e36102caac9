import { type BlockRange, findFirstBlock } from '@kedge/core';
import { BlockNotFoundError, type PublicClient, RpcRequestError, BaseError as ViemError } from 'viem';

/**
 * The blocks that were made in one second, by their headers, which nodes keep longest; none where the first comes after the last.
 * A block that the node says nothing about is taken for an older one.
 */
export async function blocksOfSecond(client: PublicClient, second: bigint): Promise<BlockRange> {
  const { number: newest } = await client.getBlock();
  const fromBlock = await firstBlockSince(client, second, newest);
  return { fromBlock, toBlock: (await firstBlockSince(client, second + 1n, newest)) - 1n };
}

/** The one after the newest where there is none yet. */
async function firstBlockSince(client: PublicClient, since: bigint, newest: bigint): Promise<bigint> {
  const isSince = async (blockNumber: bigint): Promise<boolean> => {
    try {
      return (await client.getBlock({ blockNumber })).timestamp >= since;
    } catch (error) {
      if (isAnswered(error)) return false;
      throw error;
    }
  };
  return (await findFirstBlock(isSince, newest + 1n, async () => false))!;
}

const isAnswered = (error: unknown): boolean =>
  error instanceof BlockNotFoundError ||
  (error instanceof ViemError && error.walk((cause) => cause instanceof RpcRequestError) !== null);
