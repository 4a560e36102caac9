import type { Sent, WriteClient } from '../client.js';
import { tokenOf } from '../contracts.js';
import { sentOf, writeContract } from '../writeContract.js';

export type TransferValueParameters = {
  readonly fromTokenId: bigint;
  /** A token of the same lot, whoever holds it. To an account that has none, split the value off: {@link split}. */
  readonly toTokenId: bigint;
  /** Base units, unspent and not locked. */
  readonly units: bigint;
};

/**
 * Moves value from a token of the wallet's account to another token of the same lot. Its backing goes with it.
 *
 * @throws BaseError `ERC8028InsufficientValue`, `ERC8028Unauthorized`, `DATLotMismatch`, `ERC8028ClassMismatch`,
 * `DATOutlivesSource`, `ERC8028Expired`.
 *
 * @example
 * await transferValue(client, { fromTokenId: tokenId, toTokenId: otherTokenId, units: 1_000n });
 */
export async function transferValue(
  client: WriteClient,
  { fromTokenId, toTokenId, units }: TransferValueParameters,
): Promise<Sent> {
  const receipt = await writeContract(client, 'transfer the value', {
    ...tokenOf(client.deployment),
    functionName: 'transferValue',
    args: [fromTokenId, toTokenId, units],
  });
  return sentOf(receipt);
}
