import { zeroAddress, type Address } from '@kedge/core';
import type { Sent, WriteClient } from '../client.js';
import { operatorBondOf } from '../contracts.js';
import { eventArgs } from '../eventsOf.js';
import { sentOf, writeContract } from '../writeContract.js';

export type BurnSlashedParameters = {
  readonly operator: Address;
  /** Zero address (default): ETH. */
  readonly asset?: Address;
  /** Number of the operator's slash window, as `proveFraud` answers it. */
  readonly window: number;
};

/**
 * Burns the part of a slash that nobody has a claim to, once its window has ended (R26). Anyone may call.
 *
 * @throws BaseError `OperatorBondNothingToBurn`, `OperatorBondWindowOpen`.
 *
 * @example
 * const { amount } = await burnSlashed(client, { operator, window: 1 });
 */
export async function burnSlashed(
  client: WriteClient,
  { operator, asset = zeroAddress, window }: BurnSlashedParameters,
): Promise<Sent & { readonly amount: bigint }> {
  const bond = operatorBondOf(client.deployment);
  const receipt = await writeContract(client, 'burn what is left of the slash', {
    ...bond,
    functionName: 'burn',
    args: [operator, asset, window],
  });
  const { amount } = eventArgs(bond, receipt, 'BondBurned');
  return { ...sentOf(receipt), amount };
}
