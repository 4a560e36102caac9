import type { Address } from '@kedge/core';
import type { Sent, WriteClient } from '../client.js';
import { tokenOf } from '../contracts.js';
import { sentOf, writeContract } from '../writeContract.js';

export type ApproveForClassParameters = {
  readonly classId: bigint;
  readonly operator: Address;
  /** False takes the approval back, at once. */
  readonly approved: boolean;
};

/**
 * Lets an operator record use of, and move units between, all tokens of a class that the wallet's account has or will have,
 * without a limit; it never moves a token (R30). An allowance with a limit is {@link approveUsage}.
 *
 * @example
 * await approveForClass(client, { classId, operator, approved: true });
 */
export async function approveForClass(
  client: WriteClient,
  { classId, operator, approved }: ApproveForClassParameters,
): Promise<Sent> {
  const receipt = await writeContract(client, approved ? 'approve the operator' : 'take the approval back', {
    ...tokenOf(client.deployment),
    functionName: 'approveForClass',
    args: [classId, operator, approved],
  });
  return sentOf(receipt);
}
