import type { Address } from '@kedge/core';
import type { Sent, WriteClient } from '../client.js';
import { tokenOf } from '../contracts.js';
import { sentOf, writeContract } from '../writeContract.js';

/** One token, or all tokens of a class that the owner has or will have. */
export type UsageScope = { readonly tokenId: bigint } | { readonly classId: bigint };

export type UsageAllowance = UsageScope & {
  readonly operator: Address;
  /** Base units that may still be recorded as used. 0: none, which takes an earlier allowance back. */
  readonly units: bigint;
  /** Last second, Unix time. Default 0: for ever. */
  readonly expireAt?: bigint;
};

/**
 * Lets an operator record use of so many units, and nothing else (P13). It replaces the allowance that the operator had in
 * this scope.
 *
 * @example
 * await approveUsage(client, { tokenId, operator, units: 1_000n, expireAt: deadline });
 */
export async function approveUsage(client: WriteClient, parameters: UsageAllowance): Promise<Sent> {
  const { operator, units, expireAt = 0n } = parameters;
  const receipt = await writeContract(client, 'allow use', {
    ...tokenOf(client.deployment),
    functionName: 'approveUsage',
    args: [scopeOf(parameters), operator, units, expireAt],
  });
  return sentOf(receipt);
}

/** A scope as the contract takes it: ids of tokens and of classes are never equal. */
export function scopeOf(scope: UsageScope): bigint {
  return 'tokenId' in scope ? scope.tokenId : scope.classId;
}
