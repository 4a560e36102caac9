import type { Address } from '@kedge/core';
import type { Sent, WriteClient } from '../client.js';
import { tokenOf } from '../contracts.js';
import { sentOf, writeContract } from '../writeContract.js';

export type TransferTokenParameters = { readonly tokenId: bigint; readonly to: Address };

/**
 * Gives a whole token of the wallet's account to another: its value, its share, and what that earned and nobody claimed.
 *
 * @throws BaseError `ERC8028Unauthorized`, `ERC8028NonexistentToken`, `ERC721InvalidReceiver`.
 *
 * @example
 * await transferToken(client, { tokenId, to: partner });
 */
export async function transferToken(client: WriteClient, { tokenId, to }: TransferTokenParameters): Promise<Sent> {
  const receipt = await writeContract(client, 'transfer the token', {
    ...tokenOf(client.deployment),
    functionName: 'transferToken',
    args: [tokenId, to],
  });
  return sentOf(receipt);
}
