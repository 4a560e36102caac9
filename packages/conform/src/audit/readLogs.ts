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
  return readInRanges(whole, async (range) => {
    const logs = await client.getLogs({ address, ...range });
    count += logs.length;
    onProgress?.(range.toBlock, whole.toBlock, count);
    return logs;
  });
}

/** The block of a contract's deployment; undefined where the node keeps no state that old. */
export function findDeployment(client: PublicClient, address: Address, newest: bigint): Promise<bigint | undefined> {
  const hasCodeAt = async (blockNumber: bigint): Promise<boolean> => {
    const code = await client.getCode({ address, blockNumber });
    return code !== undefined && code !== '0x';
  };
  return findDeploymentBlock(hasCodeAt, newest);
}
