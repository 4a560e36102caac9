import { zeroAddress, type Address } from '@kedge/core';
import type { Sent, WriteClient } from '../client.js';
import { operatorBondOf } from '../contracts.js';
import { eventArgs } from '../eventsOf.js';
import { sentOf, writeContract } from '../writeContract.js';

export type ReleaseBondParameters = {
  /** Zero address (default): ETH. */
  readonly asset?: Address;
  /** Default: the wallet's account. */
  readonly to?: Address;
};

/**
 * Pays out what is left of the wallet's bond.
 *
 * @throws BaseError `OperatorBondUnbonding` where it was not asked back, `OperatorBondTooEarly`.
 *
 * @example
 * const { amount } = await releaseBond(client);
 */
export async function releaseBond(
  client: WriteClient,
  { asset = zeroAddress, to = client.walletClient.account.address }: ReleaseBondParameters = {},
): Promise<Sent & { readonly amount: bigint }> {
  const bond = operatorBondOf(client.deployment);
  const receipt = await writeContract(client, 'release the bond', {
    ...bond,
    functionName: 'release',
    args: [asset, to],
  });
  const released = eventArgs(bond, receipt, 'BondReleased');
  return { ...sentOf(receipt), amount: released.amount };
}
