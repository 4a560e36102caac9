/** Long after any call that its client left is over at the gateway. */
const longestClaimMs = 60 * 60 * 1_000;

/** The most that an operator may claim for calls whose end its client did not see. */
type LostUnits = {
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
  /** When the last of these calls was lost, in milliseconds; undefined where there is none. */
  readonly lastAt: () => number | undefined;
};

/** @param before what an earlier run lost; where it is not known when, as if now. */
export function createLostUnits(
  before: { readonly units: bigint; readonly at?: number | undefined },
  now: () => number,
): LostUnits {
  // Oldest first.
  let lost: readonly { readonly units: bigint; readonly at: number }[] = [];
  const add = (units: bigint): void => {
    if (units > 0n) lost = [...lost, { units, at: now() }];
  };
  const units = (): bigint => lost.reduce((sum, each) => sum + each.units, 0n);
  const isStanding = ({ at }: { readonly at: number }): boolean => now() - at < longestClaimMs;
  if (before.units > 0n) lost = [{ units: before.units, at: Math.min(before.at ?? now(), now()) }];
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
    lastAt: () => lost.at(-1)?.at,
  };
}
