import { zeroAddress, type Address } from '@kedge/core';
import type { Sent, WriteClient } from '../client.js';
import { tokenOf } from '../contracts.js';
import { eventArgs } from '../eventsOf.js';
import { payInto } from '../payInto.js';
import { sentOf, writeContract } from '../writeContract.js';

export type SettleRevenueParameters = {
  readonly classId: bigint;
  /** Zero address (default): ETH. */
  readonly asset?: Address;
  /** Smallest units of the asset. */
  readonly amount: bigint;
};

export type SettleRevenueReturn = Sent & {
  /** What arrived: less than was sent where the asset takes a fee (P7). */
  readonly amount: bigint;
};

/**
 * Adds revenue to a class. Pays in ETH, or allows the token contract to take exactly the amount of an ERC-20 asset.
 *
 * @throws BaseError `ERC8028NoActiveShare`, `DATZeroAmount`, `DATInvalidAsset`, `insufficient_funds`.
 *
 * @example
 * await settleRevenue(client, { classId, amount: parseEther('1') });
 */
export async function settleRevenue(
  client: WriteClient,
  { classId, asset = zeroAddress, amount }: SettleRevenueParameters,
): Promise<SettleRevenueReturn> {
  const token = tokenOf(client.deployment);
  const doing = 'settle the revenue';
  const inEth = { ...token, functionName: 'settleRevenueETH', args: [classId] } as const;
  const inAsset = { ...token, functionName: 'settleRevenueERC20', args: [classId, asset, amount] } as const;
  const receipt =
    asset === zeroAddress
      ? await writeContract(client, doing, { ...inEth, value: amount })
      : await payInto(client, doing, { asset, amount }, inAsset, { ...inEth, value: 1n });
  return { ...sentOf(receipt), amount: eventArgs(token, receipt, 'RevenueSettled').amount };
}
