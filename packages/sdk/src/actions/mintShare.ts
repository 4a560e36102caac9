import { BaseError, type Address } from '@kedge/core';
import type { WriteClient } from '../client.js';
import { mint, type MintReturn } from './mint.js';

export type MintShareParameters = {
  readonly classId: bigint;
  readonly to: Address;
  /** Weight against the class's total share: 1 to 2^32 - 1. */
  readonly shareRatio: bigint;
  /** Last second that earns, Unix time. Default: for ever. */
  readonly expireAt?: bigint;
};

/**
 * Mints a share: a token without value that takes part in all revenue from now on.
 *
 * @throws BaseError `share_zero`, and what {@link mint} throws.
 *
 * @example
 * const { tokenId } = await mintShare(client, { classId, to: contributor, shareRatio: 10_000n });
 */
export async function mintShare(client: WriteClient, parameters: MintShareParameters): Promise<MintReturn> {
  if (parameters.shareRatio <= 0n) {
    throw new BaseError('A share needs a weight above 0.', {
      code: 'share_zero',
      values: { shareRatio: parameters.shareRatio },
    });
  }
  return mint(client, parameters);
}
