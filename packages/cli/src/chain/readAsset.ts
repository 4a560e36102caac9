import { zeroAddress, type Address } from '@kedge/core';
import { erc20Abi, isAddressEqual } from 'viem';
import { parseAddress } from '../parse.js';
import type { Connection } from './connect.js';

/** What revenue and prices are counted in. The zero address is ETH. */
export type Asset = { readonly address: Address; readonly symbol: string; readonly decimals: number };

/** ETH, as the contracts name it. */
export const ether: Asset = { address: zeroAddress, symbol: 'ETH', decimals: 18 };

/** An asset's symbol and decimals. */
export async function readAsset({ client }: Pick<Connection, 'client'>, address: Address): Promise<Asset> {
  if (isAddressEqual(address, zeroAddress)) return ether;
  const [symbol, decimals] = await Promise.all([
    client.publicClient.readContract({ address, abi: erc20Abi, functionName: 'symbol' }),
    client.publicClient.readContract({ address, abi: erc20Abi, functionName: 'decimals' }),
  ]);
  return { address, symbol, decimals };
}

/** The asset that an option names: an address, `ETH`, or nothing for ETH. */
export async function assetOption(
  connection: Pick<Connection, 'client'>,
  text: string | undefined,
  flag = '--asset',
): Promise<Asset> {
  return text === undefined || text.toUpperCase() === 'ETH' ? ether : readAsset(connection, parseAddress(text, flag));
}
