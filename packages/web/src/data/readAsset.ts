import { assetSymbol, isSameAddress, zeroAddress, type Address } from '@kedge/core';
import { BaseError, erc20Abi, HttpRequestError, TimeoutError, type PublicClient } from 'viem';
import { shorten } from '../ui/format.js';

/** How an asset is written. The symbol is what its contract says, which is anyone's word: never show it without the address. */
export type Asset = { readonly address: Address; readonly symbol: string | undefined; readonly decimals: number };

/** ETH, which has no contract. */
export const ether: Asset = { address: zeroAddress, symbol: 'ETH', decimals: 18 };

/** An asset as plain text: `ETH`, `USDC (0xA0b8…eB48)`, and the address of one without a symbol. */
export function assetName({ address, symbol }: Asset): string {
  if (isSameAddress(address, zeroAddress)) return 'ETH';
  return symbol === undefined ? shorten(address) : `${symbol} (${shorten(address)})`;
}

/**
 * An asset's symbol and decimals. One that does not say how it is counted is counted in its smallest units, and has no symbol.
 * Rejects where the node fails.
 */
export async function readAsset(chain: PublicClient, address: Address): Promise<Asset> {
  const contract = { address, abi: erc20Abi } as const;
  const [symbol, decimals] = await Promise.all([
    chain.readContract({ ...contract, functionName: 'symbol' }).catch(unsaid),
    chain.readContract({ ...contract, functionName: 'decimals' }).catch(unsaid),
  ]);
  if (decimals === undefined) return { address, symbol: undefined, decimals: 0 };
  return { address, symbol: assetSymbol(symbol ?? ''), decimals };
}

function unsaid(error: unknown): undefined {
  if (isOfNode(error)) throw error;
}

function isOfNode(error: unknown): boolean {
  const isFailure = (cause: unknown): boolean => cause instanceof HttpRequestError || cause instanceof TimeoutError;
  return !(error instanceof BaseError) || error.walk(isFailure) !== null;
}
