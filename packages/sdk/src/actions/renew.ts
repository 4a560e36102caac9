import type { Sent, WriteClient } from '../client.js';
import { tokenOf } from '../contracts.js';
import { sentOf, writeContract } from '../writeContract.js';

export type RenewParameters = {
  readonly tokenId: bigint;
  /** Last valid second, Unix time: later than now. */
  readonly expireAt: bigint;
};

/**
 * Makes a token without a share valid for longer, before it has expired. The seller of its lot does, or, for an unbacked
 * token, the issuer. What ValueMarket or ValuePlans sold cannot be renewed, because they never do: refund what is left,
 * where its terms allow, and buy anew.
 *
 * @throws BaseError `DATNotRenewedBy`, `DATInvalidExpiry`, `DATLotSuperseded`, `DATShareNotRenewed`,
 * `DATRenewalDelaysRefund`, `ERC8028Expired`.
 *
 * @example
 * await renew(client, { tokenId, expireAt: 1_900_000_000n });
 */
export async function renew(client: WriteClient, { tokenId, expireAt }: RenewParameters): Promise<Sent> {
  const receipt = await writeContract(client, 'renew the token', {
    ...tokenOf(client.deployment),
    functionName: 'renew',
    args: [tokenId, expireAt],
  });
  return sentOf(receipt);
}
