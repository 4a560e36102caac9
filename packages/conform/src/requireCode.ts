import { BaseError, type Address } from '@kedge/core';
import type { PublicClient } from 'viem';

/** @throws BaseError `no_code` where there is no contract. */
export async function requireCode(client: PublicClient, address: Address, chainId: number): Promise<void> {
  const code = await client.getCode({ address });
  if (code !== undefined && code !== '0x') return;
  throw new BaseError(`There is no contract at ${address} on chain ${chainId}.`, {
    code: 'no_code',
    hints: ['Check the address, and that the RPC is of the chain you mean.'],
  });
}
