import { assetSymbol, zeroAddress, type Address } from '@kedge/core';
import { BaseError, erc20Abi, HttpRequestError, isAddressEqual, TimeoutError } from 'viem';
import { shortHex } from '../human.js';
import { parseAddress } from '../parse.js';
import { usageError } from '../usageError.js';
import type { Connection } from './connect.js';

/** What revenue and prices are counted in. The zero address is ETH. */
export type Asset = {
  readonly address: Address;
  /** What its contract says, which is anyone's word; the address where it says nothing. */
  readonly symbol: string;
  /** How it is written: `ETH`, and `USDC (0xa0b86991…eb48)`, for anyone may call a contract of their own USDC. */
  readonly name: string;
  readonly decimals: number;
};

/** ETH, as the contracts name it. */
export const ether: Asset = { address: zeroAddress, symbol: 'ETH', name: 'ETH', decimals: 18 };

/** An asset's symbol and decimals. One without a symbol, or whose symbol is no name, is called by its address. */
export async function readAsset({ client }: Pick<Connection, 'client'>, address: Address): Promise<Asset> {
  if (isAddressEqual(address, zeroAddress)) return ether;
  const contract = { address, abi: erc20Abi } as const;
  const [symbol, decimals] = await Promise.all([
    orIfUnsaid(client.publicClient.readContract({ ...contract, functionName: 'symbol' }), ''),
    client.publicClient.readContract({ ...contract, functionName: 'decimals' }),
  ]);
  const said = assetSymbol(symbol);
  if (said === undefined) return { ...unnamed(address), decimals };
  return { address, symbol: said, name: `${said} (${shortHex(address)})`, decimals };
}

function unnamed(address: Address): Asset {
  const written = shortHex(address);
  return { address, symbol: written, name: written, decimals: 0 };
}

/** What a contract answers, or this where it answers with nothing, or with another type. A node that fails still throws. */
async function orIfUnsaid<T>(answer: Promise<T>, otherwise: T): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    if (!isUnsaid(error)) throw error;
    return otherwise;
  }
}

function isUnsaid(error: unknown): boolean {
  const isNode = (cause: unknown): boolean => cause instanceof HttpRequestError || cause instanceof TimeoutError;
  return error instanceof BaseError && error.walk(isNode) === null;
}

/**
 * As {@link readAsset}, of an asset that somebody else named: what is no ERC-20, or does not say what it is, is written as its address
 * and in its smallest units. Anyone can name anything, and must not stop others from reading what is theirs.
 */
export function readAnyAsset(connection: Pick<Connection, 'client'>, address: Address): Promise<Asset> {
  return orIfUnsaid(readAsset(connection, address), unnamed(address));
}

/** The asset that an option names: an address, `ETH`, or nothing for ETH. */
export async function assetOption(
  connection: Pick<Connection, 'client'>,
  text: string | undefined,
  flag = '--asset',
): Promise<Asset> {
  if (text === undefined || text.toUpperCase() === 'ETH') return ether;
  const address = parseAddress(text, flag);
  const code = await connection.client.publicClient.getCode({ address });
  const refused = (why: string) =>
    usageError(`${flag} names ${address}, ${why}.`, 'Name an ERC-20 of this chain, or ETH.');
  if (code === undefined) throw refused('where this chain has no token');
  return readAsset(connection, address).catch((error: unknown) => {
    throw isUnsaid(error) ? refused('a contract that is no ERC-20 with decimals') : error;
  });
}
