import { zeroAddress, type Address } from '@kedge/core';
import { allow } from '../allow.js';
import type { Sent, WriteClient } from '../client.js';
import { operatorBondOf } from '../contracts.js';
import { eventsOf } from '../eventsOf.js';
import { onlyEvent, sentOf, writeContract } from '../writeContract.js';

export type PostBondParameters = {
  /** Smallest units of the asset. */
  readonly amount: bigint;
  /** Zero address (default): ETH. A holder is paid only from a bond in the asset that its value was bought with. */
  readonly asset?: Address;
  /** Whose bond it is. Default: the wallet's account. */
  readonly operator?: Address;
  /** Unix seconds. The bond stays until a week after: cover the deadlines and graces of the channels that you serve. */
  readonly coverUntil?: bigint;
};

/**
 * Posts money that an operator loses when it signs two receipts with one number (R26), and promises how long it stays.
 *
 * @throws BaseError `OperatorBondWrongPromise`, `insufficient_funds`, `contract_missing` where the deployment is older.
 *
 * @example
 * const { bonded } = await postBond(client, { amount: 10n ** 18n, coverUntil: deadline + 86_400n });
 */
export async function postBond(
  client: WriteClient,
  parameters: PostBondParameters,
): Promise<Sent & { readonly bonded: bigint }> {
  const { amount, asset = zeroAddress, operator = client.walletClient.account.address, coverUntil } = parameters;
  const bond = operatorBondOf(client.deployment);
  await allow(client, asset, bond.address, amount);
  const receipt = await writeContract(client, 'post the bond', {
    ...bond,
    functionName: 'post',
    args: [operator, asset, amount],
    value: asset === zeroAddress ? amount : 0n,
  });
  const { bonded } = onlyEvent(eventsOf(bond, receipt.logs, 'BondPosted'), 'BondPosted', receipt).args;
  if (coverUntil !== undefined) {
    await writeContract(client, 'promise how long the bond stays', {
      ...bond,
      functionName: 'coverUntil',
      args: [asset, coverUntil],
    });
  }
  return { ...sentOf(receipt), bonded };
}
