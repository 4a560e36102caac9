/** What a channel used within the current minute, hour and day of UTC. */
export type UseWindows = { seconds: number; start: number; units: bigint; requests: number }[];

const lengths = [60, 3_600, 86_400];

export function createUseWindows(): UseWindows {
  return lengths.map((seconds) => ({ seconds, start: 0, units: 0n, requests: 0 }));
}

/**
 * Adds a call at a moment in Unix seconds. One before the current window, of a clock that was set back, counts for it too, unless
 * that window is of a clock that was far ahead.
 */
export function noteUse(windows: UseWindows, units: bigint, at: number): void {
  for (const window of windows) {
    const start = at - (at % window.seconds);
    if (start > window.start || isFarAhead(window, start)) {
      window.start = start;
      window.units = 0n;
      window.requests = 0;
    }
    window.units += units;
    window.requests++;
  }
}

/** What was used within the window of that length that `now` lies in. */
export function useWithin(
  windows: UseWindows,
  seconds: number,
  now: number,
): { readonly units: bigint; readonly requests: number } {
  const window = windows.find((one) => one.seconds === seconds);
  const isOver = window === undefined || window.start + seconds <= now;
  return isOver || isFarAhead(window, now) ? { units: 0n, requests: 0 } : window;
}

/** By more than its own length: it would stand against all calls until then. */
function isFarAhead({ start, seconds }: UseWindows[number], at: number): boolean {
  return start - seconds > at;
}

/** Makes windows what others are. */
export function copyWindows(windows: UseWindows, others: UseWindows): void {
  windows.splice(0, windows.length, ...others.map((window) => ({ ...window })));
}

/** As JSON, for a ledger that other gateways read. */
export function windowsText(windows: UseWindows): string {
  return JSON.stringify(windows.map(({ units, ...rest }) => ({ ...rest, units: units.toString() })));
}

/** Makes windows what {@link windowsText} wrote, parsed; empty where it has none. */
export function restoreWindows(windows: UseWindows, json: unknown): void {
  const known = json as { seconds: number; start: number; units: string; requests: number }[];
  for (const window of windows) {
    const found = known.find(({ seconds }) => seconds === window.seconds);
    window.start = found?.start ?? 0;
    window.units = BigInt(found?.units ?? 0);
    window.requests = found?.requests ?? 0;
  }
}
