import { formatUnits } from '@kedge/core';

/** 0x1234…abcd for whatever is longer than that. */
export function shorten(text: string, lead = 6, tail = 4): string {
  const scheme = /^\w+:\/\//.exec(text)?.[0].length ?? 0;
  return text.length <= lead + tail + 3 ? text : `${text.slice(0, lead + scheme)}…${text.slice(-tail)}`;
}

/** Somebody's own words, cut where they are longer. */
export function cutText(text: string, longest: number): string {
  const characters = [...text];
  return characters.length <= longest ? text : `${characters.slice(0, longest - 1).join('')}…`;
}

/** Digits in groups of three: 1234567.5 is 1,234,567.5. */
export function grouped(decimal: string): string {
  const [whole = '', fraction] = decimal.split('.');
  const text = whole.replace(/\B(?=(\d{3})+$)/g, ',');
  return fraction === undefined ? text : `${text}.${fraction}`;
}

/** Base units as whole units, exact. */
export function showUnits(baseUnits: bigint, decimals: number): string {
  return grouped(formatUnits(baseUnits, decimals));
}

/** For an amount that is to be exact, however many decimals its asset has. */
export const allDigits = Number.POSITIVE_INFINITY;

/** Base units as whole units with their word: `1 unit`, `1,000.5 units`. */
export function unitsText(baseUnits: bigint, decimals: number): string {
  const shown = showUnits(baseUnits, decimals);
  return `${shown} ${shown === '1' ? 'unit' : 'units'}`;
}

/**
 * An amount with at most `digits` significant decimals after the point, cut and not rounded: nobody is shown more than there
 * is. What is too small to show is `<0.00…1`.
 */
export function showAmount(amount: bigint, decimals: number, digits = 6): string {
  const exact = formatUnits(amount, decimals);
  const [whole = '0', fraction = ''] = exact.split('.');
  const cut = fraction.slice(0, digits).replace(/0+$/, '');
  if (amount !== 0n && /^-?0$/.test(whole) && cut === '') return `<0.${'0'.repeat(digits - 1)}1`;
  return grouped(cut === '' ? whole : `${whole}.${cut}`);
}

/** A figure of a chart in at most four significant digits, written as amounts are: what is very small, as a power of ten. */
export function showFigure(value: number): string {
  const isTiny = value > 0 && value < 1e-6;
  return value.toLocaleString('en', {
    maximumSignificantDigits: 4,
    notation: value >= 100_000 ? 'compact' : isTiny ? 'scientific' : 'standard',
  });
}

/** Basis points as per cent: 3000 is 30 %. */
export function showBps(bps: number): string {
  return `${formatUnits(BigInt(bps), 2)} %`;
}

/** A count with its word: 1 record, 2 records. */
export function showCount(count: number | bigint, word: string): string {
  return `${grouped(String(count))} ${word}${Number(count) === 1 ? '' : 's'}`;
}

/** A part of a whole in per cent, cut after one decimal. What is too small to show is `<0.1 %`, for it is not nothing. */
export function showPart(part: bigint, whole: bigint): string {
  if (whole === 0n) return '0 %';
  const perMille = (part * 1000n) / whole;
  return part > 0n && perMille === 0n ? '<0.1 %' : `${formatUnits(perMille, 1)} %`;
}

/** The last second that a date of JavaScript has; contracts take any number of 64 bits. */
const lastSecond = 8_640_000_000_000;

const beyondDates = 'after the year 275,760';

/** A Unix second as day and time of the reader's place. */
export function showMoment(seconds: number | bigint): string {
  if (seconds > lastSecond) return beyondDates;
  return new Date(Number(seconds) * 1000).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' });
}

/** A Unix second as a day of the reader's place. */
export function showDay(seconds: number | bigint): string {
  if (seconds > lastSecond) return beyondDates;
  return new Date(Number(seconds) * 1000).toLocaleDateString(undefined, { dateStyle: 'medium' });
}

/** How long ago, in one unit: 5 s, 3 min, 2 h, 4 d. */
export function showAge(seconds: number | bigint, now: number): string {
  const age = Math.max(0, Math.floor(now / 1000) - Number(seconds));
  if (age < 60) return `${age} s ago`;
  if (age < 3_600) return `${Math.floor(age / 60)} min ago`;
  if (age < 86_400) return `${Math.floor(age / 3_600)} h ago`;
  return `${Math.floor(age / 86_400)} d ago`;
}

/** A size in bytes, in the largest unit that leaves a whole part. */
export function showBytes(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  if (bytes < 1024 ** 2) return `${(bytes / 1024).toFixed(1)} KiB`;
  if (bytes < 1024 ** 3) return `${(bytes / 1024 ** 2).toFixed(1)} MiB`;
  return `${(bytes / 1024 ** 3).toFixed(2)} GiB`;
}
