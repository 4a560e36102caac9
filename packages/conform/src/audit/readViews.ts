import { BaseError, dataAnchoringTokenAbi, type Address } from '@kedge/core';
import {
  BaseError as ViemError,
  decodeFunctionResult,
  encodeFunctionData,
  erc20Abi,
  TimeoutError,
  zeroAddress,
  type Hex,
  type PublicClient,
} from 'viem';
import { lacksState, revertOf } from '../lab/chainCall.js';

const together = 64;

/** Of ERC-8028, as the draft's functions make it up. */
const draftId = '0x2c0b686c';

/**
 * What a call may use that runs an asset's code. Anyone can settle in an asset of their own: neither its reverts nor its
 * endless loops may end the audit, or last until the node gives up.
 */
const foreignGas = 30_000_000n;

/** Waits before a node that failed is asked again. */
export type Sleep = (milliseconds: number) => Promise<void>;

/** Reads views of one contract as they were in one block. */
export type Views = ReturnType<typeof createViews>;

export function createViews(client: PublicClient, address: Address, blockNumber: bigint, sleep: Sleep) {
  const at = { address, abi: dataAnchoringTokenAbi, blockNumber } as const;
  const asked = <answer>(ask: () => Promise<answer>): Promise<answer> => patiently(ask, blockNumber, sleep);
  const callWithinGas = async (to: Address, data: Hex): Promise<Hex> =>
    (await client.call({ to, data, blockNumber, gas: foreignGas })).data ?? '0x';
  /** Undefined where the asset's code fails. */
  const askedOfAsset = <answer>(ask: () => Promise<answer>): Promise<answer | undefined> =>
    orRevert(patiently(ask, blockNumber, sleep, isFault), isFault);
  return {
    /** Whether it says by ERC-165 that it has the draft's functions, which who answers anything does not. */
    isDraft: () => asked(() => client.readContract({ ...at, functionName: 'supportsInterface', args: [draftId] })),
    classCount: () => asked(() => client.readContract({ ...at, functionName: 'classCount' })),
    revenueInfo: (classId: bigint, asset: Address) =>
      asked(() => client.readContract({ ...at, functionName: 'revenueInfo', args: [classId, asset] })),
    lotInfo: (classId: bigint, lot: number) =>
      asked(() => client.readContract({ ...at, functionName: 'lotInfo', args: [classId, lot] })),
    owedTo: (account: Address, asset: Address) =>
      asked(() => client.readContract({ ...at, functionName: 'owedTo', args: [account, asset] })),
    pendingRevenue: (tokenId: bigint, asset: Address) =>
      asked(() => client.readContract({ ...at, functionName: 'pendingRevenue', args: [tokenId, asset] })),
    /** What `solvency` says of ETH in a range of classes, and of accounts when the range is empty. */
    solvency: (first: bigint, last: bigint) =>
      asked(() => client.readContract({ ...at, functionName: 'solvency', args: [zeroAddress, first, last] })),
    /** The same of an ERC-20, which is asked for the balance; undefined where it fails. */
    solvencyIn: (asset: Address, first: bigint, last: bigint) =>
      askedOfAsset(async () => {
        const call = { abi: dataAnchoringTokenAbi, functionName: 'solvency' } as const;
        const data = await callWithinGas(address, encodeFunctionData({ ...call, args: [asset, first, last] }));
        return decodeFunctionResult({ ...call, data });
      }),
    balance: () => asked(() => client.getBalance({ address, blockNumber })),
    /** The contract's balance in an ERC-20; undefined where that fails. */
    balanceIn: (asset: Address) =>
      askedOfAsset(async () => {
        const call = { abi: erc20Abi, functionName: 'balanceOf' } as const;
        const data = await callWithinGas(asset, encodeFunctionData({ ...call, args: [address] }));
        return decodeFunctionResult({ ...call, data });
      }),
  };
}

/**
 * Whether a view failed by itself: it reverted, or returned what is not its type. A node that refuses, hangs, no longer has
 * the state or runs out of the gas that it allows is never taken for the contract.
 */
export function isRevert(error: unknown): boolean {
  if (!(error instanceof ViemError)) return false;
  if (error.walk((cause) => undecodable.test((cause as Error).name)) !== null) return true;
  return revertOf(error) !== undefined && !/out ?of ?gas/i.test(error.details ?? '');
}

/** The same, or it ran out of the gas that we allowed. */
function isFault(error: unknown): boolean {
  return isRevert(error) || revertOf(error) !== undefined;
}

const undecodable = /^(AbiDecoding\w*|PositionOutOfBounds|InvalidBytesBoolean|ContractFunctionZeroData)Error$/;

/** Behind a load balancer one node may not have a block yet that another has told of. */
const waits = [250, 1_000, 4_000];

/** Asks again where something else than the contract failed; says what that means once it is clear that it lasts. */
export async function patiently<answer>(
  ask: () => Promise<answer>,
  blockNumber: bigint,
  sleep: Sleep,
  isAnswer: (error: unknown) => boolean = isRevert,
): Promise<answer> {
  for (const wait of [...waits, undefined]) {
    try {
      return await ask();
    } catch (error) {
      if (isAnswer(error)) throw error;
      if (wait === undefined || isTimeout(error)) throw unanswered(error, blockNumber);
    }
    await sleep(wait);
  }
  throw new Error('unreachable');
}

/** Who waits for a node that hangs has waited long. */
function isTimeout(error: unknown): boolean {
  return error instanceof ViemError && error.walk((cause) => cause instanceof TimeoutError) !== null;
}

function unanswered(error: unknown, blockNumber: bigint): unknown {
  if (!lacksState(error)) return error;
  const { details } = error as ViemError;
  return new BaseError(`The node does not have the state of block ${blockNumber}.`, {
    code: 'state_unavailable',
    kind: 'transient',
    cause: error,
    values: { block: blockNumber, node: details },
    hints: [
      'A node keeps the state of its newest blocks only, unless it is an archive node: ask one with --rpc.',
      'Nothing was found out about the contract.',
    ],
  });
}

/** The answer of a view, or undefined where it reverts. */
export async function orRevert<answer>(
  asked: Promise<answer>,
  isAnswer: (error: unknown) => boolean = isRevert,
): Promise<answer | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (isAnswer(error)) return undefined;
    throw error;
  }
}

/** Asks many things, some at a time. */
export async function askAll<item, answer>(
  items: readonly item[],
  ask: (item: item) => Promise<answer>,
  onProgress?: (done: number, total: number) => void,
): Promise<answer[]> {
  const answers: answer[] = [];
  for (let start = 0; start < items.length; start += together) {
    answers.push(...(await Promise.all(items.slice(start, start + together).map(ask))));
    onProgress?.(answers.length, items.length);
  }
  return answers;
}
