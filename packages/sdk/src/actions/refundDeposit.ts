import { depositTermsToAbi, type Address, type DepositTerms } from '@kedge/core';
import type { Sent, WriteClient } from '../client.js';
import { channelDepositsOf } from '../contracts.js';
import { eventArgs } from '../eventsOf.js';
import { sentOf, writeContract } from '../writeContract.js';

export type RefundDepositParameters = {
  readonly terms: DepositTerms;
  /** Another asset that was sent by mistake. Default: the terms' own. */
  readonly asset?: Address;
};

/**
 * Pays what is deposited to the refund address (R28): at its own word at any time, at anyone's after the deadline.
 *
 * @throws BaseError `ChannelDepositsTooEarly`, `ChannelDepositsNothingToRefund`.
 *
 * @example
 * const { amount } = await refundDeposit(client, { terms: depositTerms });
 */
export async function refundDeposit(
  client: WriteClient,
  { terms, asset = terms.asset }: RefundDepositParameters,
): Promise<Sent & { readonly amount: bigint }> {
  const deposits = channelDepositsOf(client.deployment);
  const receipt = await writeContract(client, 'refund the deposit', {
    ...deposits,
    functionName: 'refund',
    args: [depositTermsToAbi(terms), asset],
  });
  const { amount } = eventArgs(deposits, receipt, 'DepositRefunded');
  return { ...sentOf(receipt), amount };
}
