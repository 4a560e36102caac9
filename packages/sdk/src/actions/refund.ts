import type { Address } from '@kedge/core';
import type { Sent, WriteClient } from '../client.js';
import { tokenOf } from '../contracts.js';
import { eventArgs } from '../eventsOf.js';
import { sentOf, writeContract } from '../writeContract.js';

export type RefundParameters = {
  readonly tokenId: bigint;
  /** Base units, unspent and not locked. */
  readonly units: bigint;
  /** Default: the wallet's account. */
  readonly to?: Address;
};

/**
 * Returns unspent value for its backing, on the lot's terms (R4).
 *
 * @throws BaseError `DATNotRefundable`, `ERC8028InsufficientValue`, `ERC8028Unauthorized`.
 *
 * @example
 * const { amount } = await refund(client, { tokenId, units: 500_000n });
 */
export async function refund(
  client: WriteClient,
  { tokenId, units, to = client.walletClient.account.address }: RefundParameters,
): Promise<Sent & { readonly amount: bigint }> {
  const token = tokenOf(client.deployment);
  const receipt = await writeContract(client, 'refund', {
    ...token,
    functionName: 'refund',
    args: [tokenId, units, to],
  });
  return { ...sentOf(receipt), amount: eventArgs(token, receipt, 'ValueRefunded').amount };
}
