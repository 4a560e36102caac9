const origin = Date.UTC(2025, 0, 1);
const minute = 60_000;
const clockMax = 1n << 24n;

/**
 * The epoch of a run of the gateway (R15): above the last one that its log knows, and never below the minutes since 2025.
 * The second is for a log that was restored from an older copy, which does not know what was numbered after it was made:
 * two receipts with one number would prove misconduct of an honest operator. The 24 bits of an epoch last until
 * 2056; a clock that is set beyond is not believed.
 *
 * @param last The newest epoch in the log; 0 in a new one.
 * @param now Milliseconds since 1970.
 */
export function nextEpoch(last: bigint, now: number): bigint {
  const minutes = BigInt(Math.max(0, Math.floor((now - origin) / minute)));
  return minutes > last && minutes < clockMax ? minutes : last + 1n;
}
