import type { Sent, WriteClient } from '../client.js';
import { tokenOf } from '../contracts.js';
import { eventArgs } from '../eventsOf.js';
import { sentOf, writeContract } from '../writeContract.js';

export type AppealRevocationParameters = {
  readonly tokenId: bigint;
  /** Text or URI. */
  readonly statement: string;
};

/**
 * Objects to the revocation of the wallet's own token, once: its window begins anew.
 *
 * @throws BaseError `DATNothingRevoked`, `DATNoAppeal`, `ERC8028Unauthorized`.
 *
 * @returns `effectiveAt`: Unix time from which the issuer may carry it out.
 *
 * @example
 * const { effectiveAt } = await appealRevocation(client, { tokenId, statement: 'ipfs://…' });
 */
export async function appealRevocation(
  client: WriteClient,
  { tokenId, statement }: AppealRevocationParameters,
): Promise<Sent & { readonly effectiveAt: bigint }> {
  const token = tokenOf(client.deployment);
  const receipt = await writeContract(client, 'appeal the revocation', {
    ...token,
    functionName: 'appealRevocation',
    args: [tokenId, statement],
  });
  return { ...sentOf(receipt), effectiveAt: eventArgs(token, receipt, 'RevocationAppealed').effectiveAt };
}
