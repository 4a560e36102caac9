import type { Sent, WriteClient } from '../client.js';
import { tokenOf } from '../contracts.js';
import { eventArgs } from '../eventsOf.js';
import { sentOf, writeContract } from '../writeContract.js';

export type BurnValueParameters = {
  readonly tokenId: bigint;
  /** Base units, unspent and not locked. */
  readonly units: bigint;
};

/**
 * Destroys units of the wallet's own token. Their backing becomes revenue of the class: whoever wants it back uses `refund`.
 *
 * @throws BaseError `ERC8028Unauthorized`, `ERC8028InsufficientValue`, `ERC8028Expired`.
 *
 * @returns `revenue`: in smallest units of the lot's asset, 0 for unbacked units.
 *
 * @example
 * const { revenue } = await burnValue(client, { tokenId, units: 10n });
 */
export async function burnValue(
  client: WriteClient,
  { tokenId, units }: BurnValueParameters,
): Promise<Sent & { readonly revenue: bigint }> {
  const token = tokenOf(client.deployment);
  const receipt = await writeContract(client, 'burn the value', {
    ...token,
    functionName: 'burnValue',
    args: [tokenId, units],
  });
  return { ...sentOf(receipt), revenue: eventArgs(token, receipt, 'ValueBurned').revenue };
}
