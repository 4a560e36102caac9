import { zeroAddress, type Address } from '@kedge/core';
import type { Sent, WriteClient } from '../client.js';
import { tokenOf } from '../contracts.js';
import { eventsOf } from '../eventsOf.js';
import { sentOf, writeContract } from '../writeContract.js';

export type WithdrawParameters = {
  /** Zero address (default): ETH. */
  readonly asset?: Address;
  /** Default: the wallet's account. */
  readonly to?: Address;
};

/**
 * Withdraws what is owed to the wallet's account: an operator's cut, a beneficiary's orphan revenue, the backing
 * of units that were revoked.
 *
 * @throws BaseError `DATPaymentFailed`.
 *
 * @example
 * const { amount } = await withdraw(client);
 */
export async function withdraw(
  client: WriteClient,
  { asset = zeroAddress, to = client.walletClient.account.address }: WithdrawParameters = {},
): Promise<Sent & { readonly amount: bigint }> {
  const token = tokenOf(client.deployment);
  const receipt = await writeContract(client, 'withdraw', { ...token, functionName: 'withdraw', args: [asset, to] });
  const events = eventsOf(token, receipt.logs, 'Withdrawn');
  return { ...sentOf(receipt), amount: events[0]?.args.amount ?? 0n };
}
