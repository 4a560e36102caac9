import { zeroAddress, type Address } from '@kedge/core';
import type { ReadClient } from '../client.js';
import { tokenOf } from '../contracts.js';
import { reading } from '../reading.js';

/** The revenue ledger of a class in one asset, in its smallest unit (L3). */
export type RevenueView = {
  readonly classId: bigint;
  readonly asset: Address;
  /** Revenue ever received: settled, released from backing, collected from children. */
  readonly received: bigint;
  /** Part of `received` set aside for parents, and how much of it they collected. */
  readonly royaltiesReserved: bigint;
  readonly royaltiesPaid: bigint;
  readonly claimed: bigint;
  /** Held for the next active shares (R20). */
  readonly orphan: bigint;
  /** Escrow behind unspent value, over all lots. */
  readonly backing: bigint;
  /** What each edge owes now, in the order of the parents. */
  readonly royaltiesDue: readonly { readonly parentId: bigint; readonly amount: bigint }[];
};

/**
 * Reads the revenue ledger of a class.
 *
 * @param parameters `asset`: zero address (default) for ETH.
 *
 * @throws BaseError `ERC8028NonexistentClass`.
 *
 * @example
 * const { received, claimed, royaltiesDue } = await getRevenue(client, { classId });
 */
export async function getRevenue(
  client: ReadClient,
  { classId, asset = zeroAddress }: { readonly classId: bigint; readonly asset?: Address },
): Promise<RevenueView> {
  const token = tokenOf(client.deployment);
  const [info, parents] = await reading(client, 'read the revenue', (chain) =>
    Promise.all([
      chain.readContract({ ...token, functionName: 'revenueInfo', args: [classId, asset] }),
      chain.readContract({ ...token, functionName: 'parentsOf', args: [classId] }),
    ]),
  );
  const due = await reading(client, 'read the royalties', (chain) =>
    Promise.all(
      parents.map((_, index) =>
        chain.readContract({ ...token, functionName: 'royaltyDue', args: [classId, BigInt(index), asset] }),
      ),
    ),
  );
  return {
    classId,
    asset,
    received: info.received,
    royaltiesReserved: info.royaltiesReserved,
    royaltiesPaid: info.royaltiesPaid,
    claimed: info.claimed,
    orphan: info.orphan,
    backing: info.backing,
    royaltiesDue: parents.map((parent, index) => ({ parentId: parent.classId, amount: due[index]! })),
  };
}
