import { dataAnchoringTokenAbi, type Address } from '@kedge/core';
import { ContractFunctionExecutionError, erc20Abi, zeroAddress, type PublicClient } from 'viem';

const together = 64;

/** Reads views of one contract as they were in one block. */
export type Views = ReturnType<typeof createViews>;

export function createViews(client: PublicClient, address: Address, blockNumber: bigint) {
  const at = { address, abi: dataAnchoringTokenAbi, blockNumber } as const;
  return {
    classCount: () => client.readContract({ ...at, functionName: 'classCount' }),
    revenueInfo: (classId: bigint, asset: Address) =>
      client.readContract({ ...at, functionName: 'revenueInfo', args: [classId, asset] }),
    lotInfo: (classId: bigint, lot: number) =>
      client.readContract({ ...at, functionName: 'lotInfo', args: [classId, lot] }),
    owedTo: (account: Address, asset: Address) =>
      client.readContract({ ...at, functionName: 'owedTo', args: [account, asset] }),
    pendingRevenue: (tokenId: bigint, asset: Address) =>
      client.readContract({ ...at, functionName: 'pendingRevenue', args: [tokenId, asset] }),
    /** What `solvency` says of a range of classes, and of accounts when the range is empty. */
    solvency: (asset: Address, first: bigint, last: bigint) =>
      client.readContract({ ...at, functionName: 'solvency', args: [asset, first, last] }),
    holdings: (asset: Address) =>
      asset === zeroAddress
        ? client.getBalance({ address, blockNumber })
        : client.readContract({
            address: asset,
            abi: erc20Abi,
            functionName: 'balanceOf',
            args: [address],
            blockNumber,
          }),
  };
}

/** Whether a view failed by itself, and not the way to it. */
export function isRevert(error: unknown): error is ContractFunctionExecutionError {
  if (!(error instanceof ContractFunctionExecutionError)) return false;
  return error.walk((cause) => ways.has((cause as Error).name)) === null;
}

const ways = new Set(['HttpRequestError', 'TimeoutError', 'LimitExceededRpcError', 'WebSocketRequestError']);

/** The answer of a view, or undefined where it reverts. */
export async function orRevert<answer>(asked: Promise<answer>): Promise<answer | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (isRevert(error)) return undefined;
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
