import { formatUnits } from '@kedge/core';

const longestAmount = 12;
const sizes = ['B', 'kB', 'MB', 'GB', 'TB'];

/** `1.2 GB`. */
export function humanBytes(bytes: number): string {
  const power = bytes < 1000 ? 0 : Math.min(sizes.length - 1, Math.floor(Math.log10(bytes) / 3));
  const value = bytes / 1000 ** power;
  return `${power === 0 ? value : value.toFixed(value < 10 ? 2 : 1)} ${sizes[power]}`;
}

/** `1,000.5 units`-style number: base units in whole units, with thousands separated. */
export function humanAmount(baseUnits: bigint, decimals: number): string {
  return groupedDigits(formatUnits(baseUnits, decimals));
}

/** Base units as an amount with its word: `1,000.5 units`, `1 unit`. */
export function humanUnits(baseUnits: bigint, decimals: number): string {
  return withWord(humanAmount(baseUnits, decimals), 'unit');
}

/** A count with its word: `2 contributors`, `1 contributor`. */
export function humanCount(count: number | bigint, word: string): string {
  return withWord(groupedDigits(String(count)), word);
}

function withWord(amount: string, word: string): string {
  return `${amount} ${word}${amount === '1' ? '' : 's'}`;
}

/** A decimal number with its thousands separated. */
export function groupedDigits(decimal: string): string {
  const [whole = '0', fraction] = decimal.split('.');
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ',');
  return fraction === undefined ? grouped : `${grouped}.${fraction}`;
}

/** As {@link humanAmount}, of 12 characters at most: digits of the fraction that are left out leave a `…`. */
export function briefAmount(baseUnits: bigint, decimals: number): string {
  const amount = humanAmount(baseUnits, decimals);
  const [whole = ''] = amount.split('.');
  if (amount.length <= longestAmount || whole === amount) return amount;
  return `${amount.slice(0, Math.max(whole.length + 1, longestAmount - 1))}…`;
}

/** A text of somebody else for one cell of a table: cut to a length, and nothing in it steers a terminal. */
export function briefText(text: string, length: number): string {
  const characters = [...text.replace(/\p{C}/gu, '\ufffd')];
  return characters.length <= length ? characters.join('') : `${characters.slice(0, length - 1).join('')}…`;
}

/** Enough of a long id to tell it from others: `0x12345678…cdef`. */
export function shortHex(hex: string): string {
  return hex.length <= 14 ? hex : `${hex.slice(0, 10)}…${hex.slice(-4)}`;
}

/** The last second that has a date, the end of what JavaScript's calendar knows: anyone may write any 64 bits on chain. */
export const lastMoment = 8_640_000_000_000n;

/** Unix seconds as a date; 0 is `never`, and what no calendar has is `beyond all dates`. */
export function humanMoment(seconds: bigint): string {
  if (seconds === 0n) return 'never';
  if (seconds > lastMoment) return 'beyond all dates';
  return new Date(Number(seconds) * 1000).toISOString().replace('.000Z', 'Z');
}

/** The day of it, in UTC. */
export function humanDate(seconds: bigint): string {
  return seconds > lastMoment ? humanMoment(seconds) : humanMoment(seconds).slice(0, 10);
}

/** Seconds in the largest unit that they are a whole number of, as durations are typed: 30d, 90m. */
export function humanDuration(seconds: number): string {
  const [unit, length] = (
    [
      ['d', 86_400],
      ['h', 3_600],
      ['m', 60],
    ] as const
  ).find(([, each]) => seconds % each === 0) ?? ['s', 1];
  return `${seconds / length}${unit}`;
}

/** A text as a shell takes it for one word: quoted where it has a blank or another mark of the shell. */
export function shellWord(text: string): string {
  return /^[\p{L}\p{N}_./:@%+,=-]+$/u.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
