/** Long after any call that its client left is over at the gateway. */
const longestClaimMs = 60 * 60 * 1_000;

/** The most that an operator may claim for calls whose end its client did not see. */
export type LostUnits = {
  readonly units: () => bigint;
  /** A call was lost. */
  readonly add: (units: bigint) => void;
  /**
   * The operator says what it has charged for lost calls (less than nothing: what was paid of them comes back to it to claim). Answers
   * whether that may be. What it does not claim of a call that was lost an hour ago, it never may.
   */
  readonly claim: (units: bigint) => boolean;
  /** Whether there is anything that lapses when the operator is asked next. */
  readonly isOld: () => boolean;
};

export function createLostUnits(before: bigint, now: () => number): LostUnits {
  // Oldest first. Of an earlier run nobody knows when: as if now.
  let lost: readonly { readonly units: bigint; readonly at: number }[] = [];
  const add = (units: bigint): void => {
    if (units > 0n) lost = [...lost, { units, at: now() }];
  };
  const units = (): bigint => lost.reduce((sum, each) => sum + each.units, 0n);
  const isStanding = ({ at }: { readonly at: number }): boolean => now() - at < longestClaimMs;
  add(before);
  return {
    units,
    add,
    claim: (claimed) => {
      if (claimed > units()) return false;
      add(-claimed);
      // From the oldest: what a later statement may claim is of those that were lost last.
      let left = claimed;
      lost = lost.flatMap(({ units, at }) => {
        const taken = left <= 0n ? 0n : units < left ? units : left;
        left -= taken;
        return taken === units ? [] : [{ units: units - taken, at }];
      });
      lost = lost.filter(isStanding);
      return true;
    },
    isOld: () => !lost.every(isStanding),
  };
}
