import {
  channelToAbi,
  signedReceiptToAbi,
  zeroAddress,
  type Address,
  type Channel,
  type SignedReceipt,
} from '@kedge/core';
import type { Sent, WriteClient } from '../client.js';
import { operatorBondOf } from '../contracts.js';
import { eventArgs } from '../eventsOf.js';
import { keccak256 } from '../keccak256.js';
import { sentOf, writeContract } from '../writeContract.js';

export type ProveFraudParameters = {
  /** The channel that both receipts name. */
  readonly channel: Channel;
  /** The bond's asset. Zero address (default): ETH. The holder is paid only where its value was bought with it. */
  readonly asset?: Address;
  /** What `findEquivocations` of @kedge/core answers. */
  readonly first: SignedReceipt;
  readonly second: SignedReceipt;
};

export type ProveFraudReturn = Sent & {
  /** Number of the operator's slash window that the proof is in. `payFraud` works after its end. */
  readonly window: number;
  /**
   * At most what the holder is paid: the backing of what was captured until now, in smallest units of the asset.
   * `raiseClaim` claims what is captured later.
   */
  readonly backing: bigint;
};

/**
 * Proves that an operator signed two receipts with one number (R15), and slashes its bond (R26). The wallet's account is
 * the reporter.
 *
 * @throws BaseError `OperatorBondNoEquivocation`, `OperatorBondWrongSigner`, `OperatorBondAlreadyProven`,
 * `OperatorBondNeverOpened`, `OperatorBondNothingBonded`.
 *
 * @example
 * const [fraud] = findEquivocations(receipts, keccak256);
 * if (fraud !== undefined) await proveFraud(client, { channel, first: fraud.first, second: fraud.second });
 */
export async function proveFraud(
  client: WriteClient,
  { channel, asset = zeroAddress, first, second }: ProveFraudParameters,
): Promise<ProveFraudReturn> {
  const bond = operatorBondOf(client.deployment);
  const receipt = await writeContract(client, 'prove the fraud', {
    ...bond,
    functionName: 'proveFraud',
    args: [channelToAbi(channel), asset, signedReceiptToAbi(first, keccak256), signedReceiptToAbi(second, keccak256)],
  });
  const { window, backing } = eventArgs(bond, receipt, 'FraudProven');
  return { ...sentOf(receipt), window, backing };
}
