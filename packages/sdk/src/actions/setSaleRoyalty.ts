import type { Address } from '@kedge/core';
import type { Sent, WriteClient } from '../client.js';
import { tokenOf } from '../contracts.js';
import { sentOf, writeContract } from '../writeContract.js';

export type SetSaleRoyaltyParameters = {
  readonly classId: bigint;
  /** Zero address: nobody. */
  readonly receiver: Address;
  /** Of the price of a resale; at most 1,000 (10 %). */
  readonly royaltyBps: number;
};

/**
 * Says what markets are asked to pay when a token of the class is sold on (ERC-2981). Markets may ignore it; it has nothing to
 * do with the royalties of lineage, which the contract itself pays.
 *
 * @throws BaseError `DATNotIssuer`, `DATSaleRoyaltyTooHigh`, `ERC8028NonexistentClass`.
 *
 * @example
 * await setSaleRoyalty(client, { classId: 1n, receiver: issuer, royaltyBps: 250 });
 */
export async function setSaleRoyalty(
  client: WriteClient,
  { classId, receiver, royaltyBps }: SetSaleRoyaltyParameters,
): Promise<Sent> {
  return sentOf(
    await writeContract(client, 'set the royalty of resales', {
      ...tokenOf(client.deployment),
      functionName: 'setSaleRoyalty',
      args: [classId, receiver, royaltyBps],
    }),
  );
}
