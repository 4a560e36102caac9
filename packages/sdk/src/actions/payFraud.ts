import { zeroAddress, type Address, type Hex } from '@kedge/core';
import type { Sent, WriteClient } from '../client.js';
import { operatorBondOf } from '../contracts.js';
import { eventArgs } from '../eventsOf.js';
import { sentOf, writeContract } from '../writeContract.js';

export type PayFraudParameters = {
  readonly channelId: Hex;
  /** The bond's asset. Zero address (default): ETH. */
  readonly asset?: Address;
};

export type PayFraudReturn = Sent & {
  readonly holder: Address;
  readonly holderAmount: bigint;
  readonly reporter: Address;
  readonly reporterAmount: bigint;
};

/**
 * Credits the holder and the reporter of a proven channel once its window has ended; each takes it with
 * `withdrawBondDues`. Anyone may call.
 *
 * @throws BaseError `OperatorBondNothingToPay`, `OperatorBondWindowOpen`.
 *
 * @example
 * const { holderAmount } = await payFraud(client, { channelId });
 */
export async function payFraud(
  client: WriteClient,
  { channelId, asset = zeroAddress }: PayFraudParameters,
): Promise<PayFraudReturn> {
  const bond = operatorBondOf(client.deployment);
  const receipt = await writeContract(client, 'pay for the fraud', {
    ...bond,
    functionName: 'payFraud',
    args: [asset, channelId],
  });
  const { holder, holderAmount, reporter, reporterAmount } = eventArgs(bond, receipt, 'FraudPaid');
  return { ...sentOf(receipt), holder, holderAmount, reporter, reporterAmount };
}
