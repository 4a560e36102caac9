import { BaseError, shareRatioMax, type Address } from '@kedge/core';
import type { Sent, WriteClient } from '../client.js';
import { tokenOf } from '../contracts.js';
import { eventArgs } from '../eventsOf.js';
import { sentOf, writeContract } from '../writeContract.js';

export type MintParameters = {
  readonly classId: bigint;
  readonly to: Address;
  /** Base units, unbacked. Default 0. */
  readonly value?: bigint;
  /** Revenue weight against the class's total share. Default 0. */
  readonly shareRatio?: bigint;
  /** Last valid second, Unix time. Default: for ever. */
  readonly expireAt?: bigint;
};

export type MintReturn = Sent & { readonly tokenId: bigint };

/**
 * Mints a token of the wallet's own class: value into the unbacked lot of the current policy, or a share, or both.
 *
 * @throws BaseError `share_too_large` for a weight that the contract would cut (R23); `DATNotIssuer`,
 * `DATValueTooLarge`, `DATInvalidExpiry`, `DATTooManyExpiries`, `DATShareCapExceeded`, `DATSharesFrozen`.
 *
 * @example
 * const { tokenId } = await mint(client, { classId, to: holder, value: 1_000n });
 */
export async function mint(client: WriteClient, parameters: MintParameters): Promise<MintReturn> {
  const { classId, to, value = 0n, shareRatio = 0n, expireAt = 0n } = parameters;
  refuseLargeShare(shareRatio);
  const token = tokenOf(client.deployment);
  const receipt = await writeContract(client, 'mint the token', {
    ...token,
    functionName: 'mint',
    args: [classId, to, value, shareRatio, expireAt],
  });
  const { tokenId } = eventArgs(token, receipt, 'Minted');
  return { ...sentOf(receipt), tokenId };
}

/** A weight that the contract would cut (R23). */
export function refuseLargeShare(shareRatio: bigint): void {
  if (shareRatio <= shareRatioMax) return;
  throw new BaseError('The share is a larger weight than a token can hold.', {
    code: 'share_too_large',
    values: { shareRatio, maximum: shareRatioMax },
    hints: ['Use smaller weights: only their relation counts.'],
  });
}
