import { zeroAddress, type Address } from '@kedge/core';
import type { Sent, WriteClient } from '../client.js';
import { operatorBondOf } from '../contracts.js';
import { eventArgs } from '../eventsOf.js';
import { sentOf, writeContract } from '../writeContract.js';

/**
 * Asks the wallet's bond back. It can be slashed until it is released, which is a week after the later of now and what was
 * promised (R26).
 *
 * @param parameters `asset`: zero address (default) for ETH.
 * @returns `releaseAt`: Unix seconds after which `releaseBond` works.
 *
 * @throws BaseError `OperatorBondUnbonding`, `OperatorBondNothingBonded`.
 *
 * @example
 * const { releaseAt } = await startUnbonding(client);
 */
export async function startUnbonding(
  client: WriteClient,
  { asset = zeroAddress }: { readonly asset?: Address } = {},
): Promise<Sent & { readonly releaseAt: bigint }> {
  const bond = operatorBondOf(client.deployment);
  const receipt = await writeContract(client, 'ask the bond back', {
    ...bond,
    functionName: 'startUnbonding',
    args: [asset],
  });
  const started = eventArgs(bond, receipt, 'UnbondingStarted');
  return { ...sentOf(receipt), releaseAt: started.releaseAt };
}
