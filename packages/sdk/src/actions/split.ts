import { BaseError, shareRatioMax, type Address } from '@kedge/core';
import type { Sent, WriteClient } from '../client.js';
import { tokenOf } from '../contracts.js';
import { eventsOf } from '../eventsOf.js';
import { sentOf, writeContract } from '../writeContract.js';

export type SplitPart = {
  /** Base units that move to the new token. Default 0. */
  readonly units?: bigint;
  /** Its part of the share: in all parts together the whole share, or nothing. Default 0. */
  readonly share?: bigint;
  /** Who holds the new token. Default: the wallet's account. */
  readonly to?: Address;
};

export type SplitParameters = { readonly tokenId: bigint; readonly parts: readonly SplitPart[] };

export type SplitReturn = Sent & {
  /** The new tokens, in the order of the parts. */
  readonly tokenIds: readonly bigint[];
};

/**
 * Splits value and the share of the wallet's own token off into new tokens of the same lot and expiry. The token keeps what
 * is left of its value and all that it earned. The class's total share does not change.
 *
 * @throws BaseError `share_too_large`; `ERC8028Unauthorized`, `ERC8028InsufficientValue`, `ERC8028Expired`,
 * `DATZeroUnits` for a part with neither units nor a share, `DATWrongParts`, `DATNoActiveShare`,
 * `DATRevocationPending` for a share that is about to be taken.
 *
 * @example
 * const { tokenIds } = await split(client, { tokenId, parts: [{ share: 700n }, { share: 300n, to: partner }] });
 */
export async function split(client: WriteClient, { tokenId, parts }: SplitParameters): Promise<SplitReturn> {
  const token = tokenOf(client.deployment);
  const { address } = client.walletClient.account;
  const receipt = await writeContract(client, 'split the token', {
    ...token,
    functionName: 'split',
    args: [tokenId, parts.map(({ to = address, units = 0n, share = 0n }) => ({ to, units, share: shareToAbi(share) }))],
  });
  const events = eventsOf(token, receipt.logs, 'TokenSplit');
  return { ...sentOf(receipt), tokenIds: events.map(({ args }) => args.newTokenId) };
}

function shareToAbi(share: bigint): number {
  if (share <= shareRatioMax) return Number(share);
  throw new BaseError('The share is a larger weight than a token can hold.', {
    code: 'share_too_large',
    values: { shareRatio: share, maximum: shareRatioMax },
    hints: ['The parts sum to the share of the token.'],
  });
}
