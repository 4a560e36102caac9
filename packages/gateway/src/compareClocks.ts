import type { StructuredLog } from './structuredLog.js';

/**
 * Says when this machine's clock and another have parted, and when they agree again, once each: deadlines and rates of
 * channels are by this machine's.
 *
 * @returns Takes what the other one shows, in milliseconds since 1970.
 */
export function compareClocks(options: {
  readonly now: () => number;
  /** Whose clock it is. */
  readonly from: string;
  readonly toleranceMs: number;
  readonly log: StructuredLog;
}): (there: number) => void {
  const { from, log } = options;
  let differed = false;
  return (there) => {
    const differenceMs = Math.round(options.now() - there);
    const differs = Math.abs(differenceMs) > options.toleranceMs;
    if (differs !== differed) {
      const values = { differenceMs, from, there: timeOf(there) };
      if (differs) log.warn('clock_differs', { ...values, hint });
      else log.info('clock_agrees', values);
    }
    differed = differs;
  };
}

// Beyond what a date can be, which a wrong clock may show.
const mostMs = 8.64e15;

function timeOf(ms: number): string {
  return Math.abs(ms) > mostMs ? `${ms} ms` : new Date(ms).toISOString();
}

const hint =
  'Deadlines, rates and rate quotes count by the clock of this machine. Compare it with a third one, and let NTP set it.';
