import type { Address } from '@kedge/core';
import type { Sent, WriteClient } from '../client.js';
import { tokenOf } from '../contracts.js';
import { eventArgs } from '../eventsOf.js';
import { sentOf, writeContract } from '../writeContract.js';

export type RevokeReturn = Sent & {
  readonly holder: Address;
  /** Base units that were taken. */
  readonly units: bigint;
  /** Weight that ended. */
  readonly share: bigint;
  /** Backing of the units, in smallest units of the lot's asset: owed to the holder, who withdraws it. */
  readonly amount: bigint;
};

/**
 * Carries a revocation out, once its appeal window is over: ends the share and takes all units that are not locked.
 *
 * @throws BaseError `DATNotIssuer`, `DATNothingRevoked`, `DATAppealRunning`, `ERC8028Expired`.
 *
 * @example
 * const { units, amount } = await revoke(client, { tokenId });
 */
export async function revoke(client: WriteClient, { tokenId }: { readonly tokenId: bigint }): Promise<RevokeReturn> {
  const token = tokenOf(client.deployment);
  const receipt = await writeContract(client, 'revoke the token', {
    ...token,
    functionName: 'revoke',
    args: [tokenId],
  });
  const args = eventArgs(token, receipt, 'TokenRevoked');
  const { holder, units, share, amount } = args;
  return { ...sentOf(receipt), holder, units, share, amount };
}
