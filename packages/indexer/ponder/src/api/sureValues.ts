import type { token } from 'ponder:schema';
import { indexedBlock, spendableUnits } from './reading';

type TokenRow = typeof token.$inferSelect;

/**
 * Tokens with the value that the chain says they have, where modules other than ValueChannels hold locks of it. Asked for here
 * and not while events are read: a node need not keep old state, and anybody can open such locks.
 */
export async function sureValues(rows: readonly TokenRow[]): Promise<TokenRow[]> {
  if (rows.every(({ foreignLocks }) => foreignLocks === 0)) return [...rows];
  const block = await indexedBlock();
  return Promise.all(
    rows.map(async (row) => {
      if (row.foreignLocks === 0 || block === undefined) return row;
      const sum = row.value + row.locked;
      const value = (await spendableUnits(row.tokenId, block.blockNumber)) ?? row.value;
      // Without the node, uses of a lock stand as taken from the value, which they may exceed.
      const spendable = value < 0n ? 0n : value;
      return { ...row, value: spendable, locked: sum - spendable };
    }),
  );
}
