import type { Address } from '@kedge/core';
import { parseAbi, type PublicClient } from 'viem';
import type { AuthorizationState } from './depositChain.js';
import type { PaymentName } from './topUpRecord.js';

// EIP-3009.
const assetAbi = parseAbi(['function authorizationState(address authorizer, bytes32 nonce) view returns (bool)']);

/** Whether the asset has used a payment's authorization, as of a block that is named: a node that lacks it does not answer. */
export function isUsedAt(
  client: PublicClient,
  asset: Address,
  { from, nonce }: PaymentName,
  blockNumber: bigint,
): Promise<boolean> {
  const call = { address: asset, abi: assetAbi, functionName: 'authorizationState', args: [from, nonce] } as const;
  return client.readContract({ ...call, blockNumber });
}

/** The same as of the newest block. */
export async function readAuthorization(
  client: PublicClient,
  asset: Address,
  payment: PaymentName,
): Promise<AuthorizationState> {
  const { number, timestamp } = await client.getBlock();
  return { isUsed: await isUsedAt(client, asset, payment, number), timestamp };
}
