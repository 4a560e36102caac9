import { zeroAddress, type Address } from '@kedge/core';
import type { Sent, WriteClient } from '../client.js';
import { tokenOf } from '../contracts.js';
import { eventsOf } from '../eventsOf.js';
import { sentOf, writeContract } from '../writeContract.js';

/** So many things at most go into one transaction: of those that cost most it is far below what a block takes. */
export const mostTogether = 64;

export type ClaimBatchParameters = {
  /** Tokens of the wallet's account, or of the one that is paid (P11). */
  readonly tokenIds: readonly bigint[];
  /** Zero address (default): ETH. */
  readonly asset?: Address;
  /** Default: the wallet's account. */
  readonly to?: Address;
};

export type ClaimBatchReturn = Sent & {
  readonly amount: bigint;
  readonly claims: readonly { readonly tokenId: bigint; readonly amount: bigint }[];
};

/**
 * Claims one asset of several tokens with one transaction. Claiming twice pays once (L4).
 *
 * @throws BaseError `ERC8028Unauthorized`, `ERC8028NonexistentToken`, `DATPaymentFailed`.
 *
 * @returns `amount`: of all tokens together, in smallest units of the asset; `claims`: of each, in their order.
 *
 * @example
 * const { amount } = await claimBatch(client, { tokenIds: [tokenId, otherTokenId] });
 */
export async function claimBatch(
  client: WriteClient,
  { tokenIds, asset = zeroAddress, to = client.walletClient.account.address }: ClaimBatchParameters,
): Promise<ClaimBatchReturn> {
  const token = tokenOf(client.deployment);
  const receipt = await writeContract(client, 'claim', {
    ...token,
    functionName: 'claimBatch',
    args: [tokenIds, asset, to],
  });
  const claims = eventsOf(token, receipt.logs, 'Claimed').map(({ args: { tokenId, amount } }) => ({ tokenId, amount }));
  return { ...sentOf(receipt), amount: claims.reduce((sum, { amount }) => sum + amount, 0n), claims };
}
