import { findFirstBlock, readInRanges, refusedEvents, type Address, type BlockRange } from '@kedge/core';
import type { Hex, Log, PublicClient } from 'viem';
import { patiently, type Sleep } from './readViews.js';

/**
 * As far behind the newest block a node behind a load balancer may be. Of a range of blocks it tells the logs that it knows, and
 * not that it lacks some; a block that is named by its hash it has or refuses.
 */
export const tail = 16n;

/** A block by which all before it are named, too. */
export type Head = { readonly number: bigint; readonly hash: Hex };

type LogRange = BlockRange & {
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
    const logs = await client.getLogs({ address, ...range }).catch((error: unknown) => {
      throw range.fromBlock < range.toBlock ? error : refusedEvents(error, range.toBlock);
    });
    count += logs.length;
    onProgress?.(range.toBlock, whole.toBlock, count);
    return logs;
  };
  return readInRanges(whole, read, undefined, () => isAlive(client));
}

/** The block of a number, which a node may not have yet that is asked for it. */
export function readHead(client: PublicClient, blockNumber: bigint, sleep: Sleep): Promise<Head> {
  return patiently(() => client.getBlock({ blockNumber }), blockNumber, sleep);
}

/** All logs of a contract in the newest blocks, in order, each asked for by its hash. */
export async function readTail(
  client: PublicClient,
  { address, fromBlock }: { readonly address: Address; readonly fromBlock: bigint },
  head: Head,
  sleep: Sleep,
): Promise<Log<bigint, number, false>[]> {
  const logs: Log<bigint, number, false>[][] = [];
  let blockHash = head.hash;
  for (let number = head.number; number >= fromBlock; number -= 1n) {
    const at = { blockHash };
    logs.unshift(await patiently(() => client.getLogs({ address, ...at }), number, sleep));
    if (number > fromBlock) ({ parentHash: blockHash } = await patiently(() => client.getBlock(at), number, sleep));
  }
  return logs.flat();
}

/** The block of a contract's deployment; undefined where the node keeps no state that old. */
export function findDeployment(client: PublicClient, address: Address, newest: bigint): Promise<bigint | undefined> {
  const hasCodeAt = async (blockNumber: bigint): Promise<boolean> => {
    const code = await client.getCode({ address, blockNumber });
    return code !== undefined && code !== '0x';
  };
  return findFirstBlock(hasCodeAt, newest, () => isAlive(client));
}

function isAlive(client: PublicClient): Promise<boolean> {
  return client.getBlockNumber({ cacheTime: 0 }).then(
    () => true,
    () => false,
  );
}
