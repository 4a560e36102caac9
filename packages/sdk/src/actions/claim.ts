import { zeroAddress, type Address } from '@kedge/core';
import type { Sent, WriteClient } from '../client.js';
import { tokenOf } from '../contracts.js';
import { eventsOf } from '../eventsOf.js';
import { reading } from '../reading.js';
import { sentOf, writeContract } from '../writeContract.js';

export type ClaimParameters = {
  readonly tokenId: bigint;
  /** Zero address (default): ETH. */
  readonly asset?: Address;
  /** Default: the token's owner. Who does not own the token may only pay its owner (P11). */
  readonly to?: Address;
};

/**
 * Pays what a token's share has earned and not yet claimed. Claiming twice pays once (L4).
 *
 * @throws BaseError `ERC8028Unauthorized`, `ERC8028NonexistentToken`, `DATPaymentFailed`.
 *
 * @example
 * const { amount } = await claim(client, { tokenId });
 */
export async function claim(
  client: WriteClient,
  { tokenId, asset = zeroAddress, to }: ClaimParameters,
): Promise<Sent & { readonly amount: bigint }> {
  const token = tokenOf(client.deployment);
  const payee =
    to ??
    (await reading(client, 'read the owner', (chain) =>
      chain.readContract({ ...token, functionName: 'ownerOf', args: [tokenId] }),
    ));
  const receipt = await writeContract(client, 'claim', {
    ...token,
    functionName: 'claim',
    args: [tokenId, asset, payee],
  });
  const events = eventsOf(token, receipt.logs, 'Claimed');
  return { ...sentOf(receipt), amount: events[0]?.args.amount ?? 0n };
}
