import { channelToAbi, zeroAddress, type Address, type Channel } from '@kedge/core';
import type { Sent, WriteClient } from '../client.js';
import { operatorBondOf } from '../contracts.js';
import { eventArgs, eventsOf } from '../eventsOf.js';
import { sentOf, writeContract } from '../writeContract.js';

export type RaiseClaimParameters = {
  /** A channel that was proven. */
  readonly channel: Channel;
  /** The bond's asset. Zero address (default): ETH. */
  readonly asset?: Address;
};

export type RaiseClaimReturn = Sent & {
  /** Number of the slash window that the claim is in: the proof's while that is open, else a later one. */
  readonly window: number;
  /** The holder's claim in that window, in smallest units of the asset. */
  readonly backing: bigint;
};

/**
 * Claims what was captured from a proven channel since it was claimed last (R26). While the proof's window is open, its
 * claim grows. After that, the bond is slashed again and the wallet's account is the reporter. Anyone may call; call it
 * shortly before a window ends, because an operator may prove itself before it captures.
 *
 * @throws BaseError `OperatorBondNotProven`, `OperatorBondNothingToRaise`, `OperatorBondNothingBonded`.
 *
 * @example
 * const { backing } = await raiseClaim(client, { channel });
 */
export async function raiseClaim(
  client: WriteClient,
  { channel, asset = zeroAddress }: RaiseClaimParameters,
): Promise<RaiseClaimReturn> {
  const bond = operatorBondOf(client.deployment);
  const receipt = await writeContract(client, 'raise the claim', {
    ...bond,
    functionName: 'raiseClaim',
    args: [channelToAbi(channel), asset],
  });
  const [raised] = eventsOf(bond, receipt.logs, 'ClaimRaised');
  const { window, backing } = raised?.args ?? eventArgs(bond, receipt, 'FraudProven');
  return { ...sentOf(receipt), window, backing };
}
