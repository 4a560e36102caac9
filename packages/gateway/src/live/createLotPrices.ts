import type { LotPrice } from '../chain/gatewayChain.js';
import { reasonOf, type StructuredLog } from '../structuredLog.js';

/** What units of a lot are backed with. Lots never change (R1), so each is read once. */
export type LotPrices = {
  /** Reads what is not known yet, beside everything else; who asks again later finds it. */
  readonly want: (lot: bigint) => void;
  /** Undefined: the lot has no price, or the chain has not told it yet. */
  readonly of: (lot: bigint) => LotPrice | undefined;
};

/** Lots are named by a token's id without its serial. */
export function createLotPrices(
  readLot: (lot: bigint) => Promise<LotPrice | undefined>,
  log: StructuredLog,
): LotPrices {
  const known = new Map<bigint, LotPrice | undefined>();
  const asked = new Set<bigint>();
  const read = async (lot: bigint): Promise<void> => {
    asked.add(lot);
    try {
      known.set(lot, await readLot(lot));
    } catch (error) {
      log.warn('lot_unread', { classId: lot >> 32n, lot: lot & 0xffffffffn, reason: reasonOf(error) });
    } finally {
      asked.delete(lot);
    }
  };
  return {
    want: (lot) => {
      if (!known.has(lot) && !asked.has(lot)) void read(lot);
    },
    of: (lot) => known.get(lot),
  };
}
