import { zeroAddress, type Address } from '@kedge/core';
import type { Sent, WriteClient } from '../client.js';
import { tokenOf } from '../contracts.js';
import { eventsOf } from '../eventsOf.js';
import { sentOf, writeContract } from '../writeContract.js';

export type ClaimBatchParameters = {
  /** Tokens of the wallet's account. */
  readonly tokenIds: readonly bigint[];
  /** Zero address (default): ETH. */
  readonly asset?: Address;
  /** Default: the wallet's account. */
  readonly to?: Address;
};

/**
 * Claims one asset of several tokens with one transaction. Claiming twice pays once (L4).
 *
 * @throws BaseError `ERC8028Unauthorized`, `ERC8028NonexistentToken`, `DATPaymentFailed`.
 *
 * @returns `amount`: of all tokens together, in smallest units of the asset.
 *
 * @example
 * const { amount } = await claimBatch(client, { tokenIds: [first, second] });
 */
export async function claimBatch(
  client: WriteClient,
  { tokenIds, asset = zeroAddress, to = client.walletClient.account.address }: ClaimBatchParameters,
): Promise<Sent & { readonly amount: bigint }> {
  const token = tokenOf(client.deployment);
  const receipt = await writeContract(client, 'claim', {
    ...token,
    functionName: 'claimBatch',
    args: [tokenIds, asset, to],
  });
  const claimed = eventsOf(token, receipt.logs, 'Claimed');
  return { ...sentOf(receipt), amount: claimed.reduce((sum, { args }) => sum + args.amount, 0n) };
}
