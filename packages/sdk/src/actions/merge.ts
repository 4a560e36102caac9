import type { Sent, WriteClient } from '../client.js';
import { tokenOf } from '../contracts.js';
import { eventsOf } from '../eventsOf.js';
import { sentOf, writeContract } from '../writeContract.js';

export type MergeParameters = {
  /** Tokens of the same lot as the target, all held by the wallet's account. */
  readonly fromTokenIds: readonly bigint[];
  readonly toTokenId: bigint;
};

/**
 * Moves all value of some of the wallet's own tokens to another of the same lot. Their shares stay where they are; the
 * tokens stay, too, without value.
 *
 * @throws BaseError `ERC8028Unauthorized`, `DATLotMismatch`, `ERC8028ClassMismatch`, `DATOutlivesSource`,
 * `ERC8028Expired`, `DATZeroUnits` for a token without value.
 *
 * @returns `units`: base units that were moved.
 *
 * @example
 * const { units } = await merge(client, { fromTokenIds: [tokenId], toTokenId: otherTokenId });
 */
export async function merge(
  client: WriteClient,
  { fromTokenIds, toTokenId }: MergeParameters,
): Promise<Sent & { readonly units: bigint }> {
  const token = tokenOf(client.deployment);
  const receipt = await writeContract(client, 'merge the tokens', {
    ...token,
    functionName: 'merge',
    args: [fromTokenIds, toTokenId],
  });
  const moved = eventsOf(token, receipt.logs, 'ValueTransferred');
  return { ...sentOf(receipt), units: moved.reduce((sum, { args }) => sum + args.value, 0n) };
}
