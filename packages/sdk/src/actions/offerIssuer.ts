import { zeroAddress, type Address } from '@kedge/core';
import type { Sent, WriteClient } from '../client.js';
import { tokenOf } from '../contracts.js';
import { sentOf, writeContract } from '../writeContract.js';

export type OfferIssuerParameters = {
  readonly classId: bigint;
  /** Absent: takes the offer back that there is. */
  readonly to?: Address;
};

/**
 * Offers the issuer role of a class; it moves only when the other accepts (P16).
 *
 * @throws BaseError `DATNotIssuer`, `ERC8028NonexistentClass`.
 *
 * @example
 * await offerIssuer(client, { classId, to: collective });
 */
export async function offerIssuer(
  client: WriteClient,
  { classId, to = zeroAddress }: OfferIssuerParameters,
): Promise<Sent> {
  const receipt = await writeContract(client, 'offer the issuer role', {
    ...tokenOf(client.deployment),
    functionName: 'transferIssuer',
    args: [classId, to],
  });
  return sentOf(receipt);
}
