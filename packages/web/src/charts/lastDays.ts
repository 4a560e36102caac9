const dayMs = 86_400_000;

/**
 * The days (UTC) that a chart shows: the last `count` up to today, and no fewer than seven, beginning with the first day on
 * which something happened.
 */
export function lastDays(days: readonly string[], now: number, count = 30): readonly string[] {
  const today = Math.floor(now / dayMs);
  const first = days.reduce((least, day) => Math.min(least, Date.parse(day) / dayMs), today);
  const from = Math.max(today - count + 1, Math.min(first, today - 6));
  return Array.from({ length: today - from + 1 }, (_, index) =>
    new Date((from + index) * dayMs).toISOString().slice(0, 10),
  );
}

/** A day as people write it: 21 Nov. */
export function dayText(day: string): string {
  return new Date(`${day}T00:00:00Z`).toLocaleDateString(undefined, {
    day: 'numeric',
    month: 'short',
    timeZone: 'UTC',
  });
}
