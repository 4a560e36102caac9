import type { Address } from '@kedge/core';
import type { Sent, WriteClient } from '../client.js';
import { tokenOf } from '../contracts.js';
import { eventsOf } from '../eventsOf.js';
import { sentOf, writeContract } from '../writeContract.js';

export type TransferTokenParameters = {
  readonly tokenId: bigint;
  readonly to: Address;
  /** Assets (zero address: ETH) whose unclaimed revenue the wallet's account is paid first. Default: none, it goes along. */
  readonly claim?: readonly Address[];
};

/**
 * Gives a whole token of the wallet's account to another: its value, its share, and what that earned and nobody claimed, but
 * for the assets of `claim` (P23). All of it happens or nothing.
 *
 * @throws BaseError `ERC8028Unauthorized` (with `claim` `ERC721IncorrectOwner`), `ERC8028NonexistentToken`, `ERC721InvalidReceiver` (with `claim` also for a contract
 * that takes no tokens), `DATNonTransferable`.
 *
 * @returns `claimed`: what was paid, in smallest units, in the order of `claim`.
 *
 * @example
 * const { claimed } = await transferToken(client, { tokenId, to: buyer, claim: [zeroAddress] });
 */
export async function transferToken(
  client: WriteClient,
  { tokenId, to, claim = [] }: TransferTokenParameters,
): Promise<Sent & { readonly claimed: readonly bigint[] }> {
  const token = tokenOf(client.deployment);
  const { address } = client.walletClient.account;
  const receipt =
    claim.length === 0
      ? await writeContract(client, 'transfer the token', {
          ...token,
          functionName: 'transferToken',
          args: [tokenId, to],
        })
      : await writeContract(client, 'transfer the token', {
          ...token,
          functionName: 'safeTransferWithClaim',
          args: [address, to, tokenId, claim, '0x'],
        });
  return { ...sentOf(receipt), claimed: eventsOf(token, receipt.logs, 'Claimed').map(({ args }) => args.amount) };
}
