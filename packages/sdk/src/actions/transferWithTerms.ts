import type { Address } from '@kedge/core';
import type { Sent, WriteClient } from '../client.js';
import { tokenOf } from '../contracts.js';
import { sentOf, writeContract } from '../writeContract.js';

/** The least unclaimed revenue in one asset that goes along with a token. */
export type PendingTerm = {
  /** Zero address: ETH. */
  readonly asset: Address;
  /** Smallest units of the asset. */
  readonly minPending: bigint;
};

export type TransferWithTermsParameters = {
  readonly tokenId: bigint;
  readonly to: Address;
  /** Who holds the token. Default: the wallet's account. */
  readonly from?: Address;
  /** Least base units that go along, without those that channels hold. Default: 0. */
  readonly minValue?: bigint;
  /** Default: none. */
  readonly minPending?: readonly PendingTerm[];
};

/**
 * Gives a whole token to another account, or nothing where less goes along than was agreed to: what its holder uses, locks or
 * claims before is not sold (R30). The share is no part of the terms: read it with `getResale`. A recipient that is a contract
 * is not asked.
 *
 * @throws BaseError `DATLessValue`, `DATLessPending`, `ERC721IncorrectOwner`, `ERC8028Unauthorized` (neither holder nor
 * approved by it as for ERC-721), `ERC8028NonexistentToken`, `ERC721InvalidReceiver`, `DATNonTransferable`.
 *
 * @example
 * await transferWithTerms(client, { tokenId, to: buyer, minValue: 1_000n, minPending: [{ asset, minPending: 10n ** 16n }] });
 */
export async function transferWithTerms(
  client: WriteClient,
  { tokenId, to, from, minValue = 0n, minPending = [] }: TransferWithTermsParameters,
): Promise<Sent> {
  const receipt = await writeContract(client, 'transfer the token', {
    ...tokenOf(client.deployment),
    functionName: 'transferWithTerms',
    args: [from ?? client.walletClient.account.address, to, tokenId, minValue, minPending],
  });
  return sentOf(receipt);
}
