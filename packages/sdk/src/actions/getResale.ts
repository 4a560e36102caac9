import { zeroAddress, type Address } from '@kedge/core';
import type { ReadClient } from '../client.js';
import { tokenOf } from '../contracts.js';
import { reading } from '../reading.js';

/** What changes hands with a token (P23). Times are Unix time, 0 for none. */
export type ResaleView = {
  readonly owner: Address;
  /** Spendable base units; what channels hold comes back to whoever has the token then. */
  readonly value: bigint;
  /** Weight of the share that earns, or will after `activateAt`; 0 when there is none. */
  readonly shareRatio: bigint;
  readonly activateAt: bigint;
  readonly expireAt: bigint;
  /** When an announced revocation may be carried out. */
  readonly revokedAt: bigint;
  readonly policyVersion: number;
  readonly transferable: boolean;
  /** Whether the share goes on earning after `expireAt` (P21). */
  readonly shareOutlivesExpiry: boolean;
  /** Unclaimed revenue in each asset that was asked for, in its smallest units. */
  readonly pending: readonly bigint[];
};

/**
 * Reads, in one block, what somebody who takes a token over gets with it: worth a look right before one pays for it, because
 * its holder can use its value, claim and retire its share until then.
 *
 * @param parameters `assets`: of the unclaimed revenue; zero address (default): ETH.
 *
 * @throws BaseError `ERC8028NonexistentToken`.
 *
 * @example
 * const { value, shareRatio, pending, revokedAt } = await getResale(client, { tokenId });
 */
export async function getResale(
  client: ReadClient,
  { tokenId, assets = [zeroAddress] }: { readonly tokenId: bigint; readonly assets?: readonly Address[] },
): Promise<ResaleView> {
  const resale = await reading(client, 'read what the token brings', (chain) =>
    chain.readContract({ ...tokenOf(client.deployment), functionName: 'resaleOf', args: [tokenId, assets] }),
  );
  return { ...resale, shareRatio: BigInt(resale.shareRatio) };
}
