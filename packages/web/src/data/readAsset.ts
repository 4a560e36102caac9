import { assetSymbol, type Address } from '@kedge/core';
import { BaseError, erc20Abi, HttpRequestError, TimeoutError, type PublicClient } from 'viem';

/** How an asset is written. */
export type Asset = { readonly address: Address; readonly symbol: string; readonly decimals: number };

/** What an asset is called that does not say it. */
export const assetName = (address: Address): string => `${address.slice(0, 8)}…`;

/**
 * An asset's symbol and decimals. One without a symbol, or whose symbol is no name, is called by its address; one that does not say
 * how it is counted, too, and is counted in its smallest units. Rejects where the node fails.
 */
export async function readAsset(chain: PublicClient, address: Address): Promise<Asset> {
  const contract = { address, abi: erc20Abi } as const;
  const [symbol, decimals] = await Promise.all([
    chain.readContract({ ...contract, functionName: 'symbol' }).catch(unsaid),
    chain.readContract({ ...contract, functionName: 'decimals' }).catch(unsaid),
  ]);
  if (decimals === undefined) return { address, symbol: assetName(address), decimals: 0 };
  return { address, symbol: assetSymbol(symbol ?? '') ?? assetName(address), decimals };
}

function unsaid(error: unknown): undefined {
  if (isOfNode(error)) throw error;
}

function isOfNode(error: unknown): boolean {
  const isFailure = (cause: unknown): boolean => cause instanceof HttpRequestError || cause instanceof TimeoutError;
  return !(error instanceof BaseError) || error.walk(isFailure) !== null;
}
