import type { Address } from '@kedge/core';
import type { Log, PublicClient } from 'viem';

export type LogRange = {
  readonly address: Address;
  readonly fromBlock: bigint;
  readonly toBlock: bigint;
  readonly onProgress?: (block: bigint, toBlock: bigint, logs: number) => void;
};

const firstRange = 2_000n;
const longestRange = 20_000n;

/**
 * All logs of a contract, in order, asked for in bounded ranges. RPC providers refuse ranges that are too long or hold too
 * much, with errors that have no common form: a refused range is halved, and grows again after.
 */
export async function readLogs(client: PublicClient, range: LogRange): Promise<Log<bigint, number, false>[]> {
  const { address, fromBlock, toBlock, onProgress } = range;
  const logs: Log<bigint, number, false>[] = [];
  let length = firstRange;
  for (let from = fromBlock; from <= toBlock;) {
    const to = from + length - 1n < toBlock ? from + length - 1n : toBlock;
    try {
      logs.push(...(await client.getLogs({ address, fromBlock: from, toBlock: to })));
    } catch (error) {
      if (to === from) throw error;
      length = (to - from + 1n) / 2n;
      continue;
    }
    onProgress?.(to, toBlock, logs.length);
    from = to + 1n;
    if (length < longestRange) length *= 2n;
  }
  return logs;
}

/**
 * The first block in which the contract has code, by bisection; undefined where the node keeps no state that old. Then
 * history is read from the first block.
 */
export async function findDeployment(
  client: PublicClient,
  address: Address,
  newest: bigint,
): Promise<bigint | undefined> {
  const hasCode = async (blockNumber: bigint): Promise<boolean> => {
    const code = await client.getCode({ address, blockNumber });
    return code !== undefined && code !== '0x';
  };
  let low = 0n;
  let high = newest;
  try {
    while (low < high) {
      const middle = (low + high) / 2n;
      if (await hasCode(middle)) high = middle;
      else low = middle + 1n;
    }
  } catch {
    // A pruned node answers with an error of its own kind; nothing is lost but time.
    return undefined;
  }
  return low;
}
