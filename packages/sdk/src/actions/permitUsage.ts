import type { Sent, WriteClient } from '../client.js';
import { tokenOf } from '../contracts.js';
import { sentOf, writeContract } from '../writeContract.js';
import { scopeOf } from './approveUsage.js';
import type { SignedUsagePermit } from './signUsagePermit.js';

/**
 * Brings an allowance for use that its owner signed with {@link signUsagePermit}. Whoever sees it can send it first, with the
 * same effect: look at `getUsageAllowance` before you send it again.
 *
 * @throws BaseError `DATPermitExpired`, `DATPermitNotSigned` also where the owner's nonce has moved on.
 *
 * @example
 * await permitUsage(client, signedPermit);
 */
export async function permitUsage(client: WriteClient, permit: SignedUsagePermit): Promise<Sent> {
  const { owner, operator, units, expireAt = 0n, deadline, signature } = permit;
  const receipt = await writeContract(client, 'bring the permit', {
    ...tokenOf(client.deployment),
    functionName: 'permitUsage',
    args: [owner, scopeOf(permit), operator, units, expireAt, deadline, signature],
  });
  return sentOf(receipt);
}
