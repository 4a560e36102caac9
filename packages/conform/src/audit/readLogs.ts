import { findDeploymentBlock, readInRanges, type Address, type BlockRange } from '@kedge/core';
import type { Log, PublicClient } from 'viem';

export type LogRange = BlockRange & {
  readonly address: Address;
  readonly onProgress?: (block: bigint, toBlock: bigint, logs: number) => void;
};

/** All logs of a contract, in order, asked for in ranges that the node takes. */
export async function readLogs(
  client: PublicClient,
  { address, onProgress, ...whole }: LogRange,
): Promise<Log<bigint, number, false>[]> {
  let count = 0;
  const read = async (range: BlockRange): Promise<Log<bigint, number, false>[]> => {
    const logs = await client.getLogs({ address, ...range });
    count += logs.length;
    onProgress?.(range.toBlock, whole.toBlock, count);
    return logs;
  };
  return readInRanges(whole, read, undefined, () => isAlive(client));
}

/** The block of a contract's deployment; undefined where the node keeps no state that old. */
export function findDeployment(client: PublicClient, address: Address, newest: bigint): Promise<bigint | undefined> {
  const hasCodeAt = async (blockNumber: bigint): Promise<boolean> => {
    const code = await client.getCode({ address, blockNumber });
    return code !== undefined && code !== '0x';
  };
  return findDeploymentBlock(hasCodeAt, newest, () => isAlive(client));
}

function isAlive(client: PublicClient): Promise<boolean> {
  return client.getBlockNumber({ cacheTime: 0 }).then(
    () => true,
    () => false,
  );
}
