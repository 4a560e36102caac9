import { findFirstBlock, readInRanges, refusedEvents, type Address, type BlockRange } from '@kedge/core';
import type { Abi, ContractEventArgs, ContractEventName, GetContractEventsReturnType } from 'viem';
import { untilKnown } from './afterWrites.js';
import type { AnyReader, ChainReader } from './client.js';
import { lacksBlock } from './toChainError.js';

export type ReadEventsParameters<abi extends Abi, name extends ContractEventName<abi>> = {
  readonly address: Address;
  readonly abi: abi;
  readonly eventName: name;
  /** Values of indexed arguments. */
  readonly args?: ContractEventArgs<abi, name>;
  /** Default the first block, and where the node refuses so long a range that of the contract's deployment. */
  readonly fromBlock?: bigint;
  /** Default the newest block. */
  readonly toBlock?: bigint;
  /** Looks at what short ranges brought so far: later ones are not read once it is enough. More may come all the same. */
  readonly isEnough?: (events: GetContractEventsReturnType<abi, name, true>) => boolean;
};

/**
 * All events of a name, in order, from a node that answers any range or from one that refuses long ones: then it asks in
 * short ranges, from the block in which the contract was deployed.
 *
 * @throws BaseError `events_unavailable` of a node that refuses those of some block. Other errors of the chain as viem throws them; `toChainError` makes them readable.
 *
 * @example
 * const opened = await readEvents(publicClient, { address, abi: valueChannelsAbi, eventName: 'ChannelOpened' });
 */
export async function readEvents<const abi extends Abi, name extends ContractEventName<abi>>(
  reader: AnyReader,
  { fromBlock = 0n, toBlock, isEnough, ...query }: ReadEventsParameters<abi, name>,
): Promise<GetContractEventsReturnType<abi, name, true>> {
  const client = reader as ChainReader;
  type Events = GetContractEventsReturnType<abi, name, true>;
  let isBehind = false;
  const read = async (range: BlockRange): Promise<Events> => {
    const ask = () => client.getContractEvents({ ...query, ...range, strict: true } as never);
    const events = await untilKnown(ask).catch((error: unknown) => {
      isBehind = lacksBlock(error);
      throw isBehind || range.fromBlock < range.toBlock ? error : refusedEvents(error, range.toBlock);
    });
    return events as unknown as Events;
  };
  // Of a node that lacks a block, or does not answer, no shorter range would be answered either.
  const mayTakeLess = async (): Promise<boolean> => !isBehind && (await isAlive(client));
  const newest = toBlock ?? (await client.getBlockNumber({ cacheTime: 0 }));
  if (newest < fromBlock) return [] as unknown as Events;
  try {
    return await read({ fromBlock, toBlock: newest });
  } catch (error) {
    if (fromBlock === newest || !(await mayTakeLess())) throw error;
    const from = fromBlock > 0n ? fromBlock : ((await deploymentOf(client, query.address, newest)) ?? 0n);
    const range = { fromBlock: from, toBlock: newest };
    return (await readInRanges<Events[number]>(range, read, isEnough as never, mayTakeLess)) as unknown as Events;
  }
}

/** Whether the node answers at all. */
export const isAlive = (client: ChainReader): Promise<boolean> =>
  client.getBlockNumber({ cacheTime: 0 }).then(
    () => true,
    () => false,
  );

const deployments = new WeakMap<ChainReader, Map<Address, Promise<bigint | undefined>>>();

/** Looked for once a contract and client. */
function deploymentOf(client: ChainReader, address: Address, newest: bigint): Promise<bigint | undefined> {
  const known = deployments.get(client) ?? new Map<Address, Promise<bigint | undefined>>();
  deployments.set(client, known);
  const hasCodeAt = async (blockNumber: bigint): Promise<boolean> => {
    const code = await client.getCode({ address, blockNumber });
    return code !== undefined && code !== '0x';
  };
  const found = known.get(address) ?? findFirstBlock(hasCodeAt, newest);
  known.set(address, found);
  return found;
}
