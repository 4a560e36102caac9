import type { Address } from '@kedge/core';
import type { Abi, ContractEventArgs, ContractEventName, GetContractEventsReturnType, PublicClient } from 'viem';

/** The smallest range of blocks that is still halved. */
const smallestRange = 500n;

/**
 * All events of a name since `fromBlock` (default the first). RPC providers refuse ranges that are too long, with errors
 * that have no common form: a refused range is halved until it is short.
 */
export async function readEvents<const abi extends Abi, name extends ContractEventName<abi>>(
  client: PublicClient,
  query: {
    readonly address: Address;
    readonly abi: abi;
    readonly eventName: name;
    readonly args?: ContractEventArgs<abi, name>;
    readonly fromBlock?: bigint;
  },
): Promise<GetContractEventsReturnType<abi, name, true>> {
  const read = async (fromBlock: bigint, toBlock: bigint): Promise<GetContractEventsReturnType<abi, name, true>> => {
    try {
      const found = await client.getContractEvents({ ...query, fromBlock, toBlock, strict: true } as never);
      return found as unknown as GetContractEventsReturnType<abi, name, true>;
    } catch (error) {
      if (toBlock - fromBlock < smallestRange) throw error;
      const middle = (fromBlock + toBlock) / 2n;
      return [...(await read(fromBlock, middle)), ...(await read(middle + 1n, toBlock))];
    }
  };
  const { fromBlock = 0n } = query;
  const newest = await client.getBlockNumber({ cacheTime: 0 });
  return newest < fromBlock ? ([] as unknown as GetContractEventsReturnType<abi, name, true>) : read(fromBlock, newest);
}
