import { zeroAddress, type Address } from '@kedge/core';
import type { Sent, WriteClient } from '../client.js';
import { operatorBondOf } from '../contracts.js';
import { eventsOf } from '../eventsOf.js';
import { sentOf, writeContract } from '../writeContract.js';

export type WithdrawBondDuesParameters = {
  /** Zero address (default): ETH. */
  readonly asset?: Address;
  /** Default: the wallet's account. */
  readonly to?: Address;
};

/**
 * Withdraws what the wallet's account is owed of slashed bonds, as a holder or as a reporter.
 *
 * @throws BaseError `OperatorBondPaymentFailed`.
 *
 * @example
 * const { amount } = await withdrawBondDues(client);
 */
export async function withdrawBondDues(
  client: WriteClient,
  { asset = zeroAddress, to = client.walletClient.account.address }: WithdrawBondDuesParameters = {},
): Promise<Sent & { readonly amount: bigint }> {
  const bond = operatorBondOf(client.deployment);
  const receipt = await writeContract(client, 'withdraw from slashed bonds', {
    ...bond,
    functionName: 'withdraw',
    args: [asset, to],
  });
  const events = eventsOf(bond, receipt.logs, 'DuesWithdrawn');
  return { ...sentOf(receipt), amount: events[0]?.args.amount ?? 0n };
}
