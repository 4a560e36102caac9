import { formatUnits } from '@kedge/core';

const sizes = ['B', 'kB', 'MB', 'GB', 'TB'];

/** `1.2 GB`. */
export function humanBytes(bytes: number): string {
  const power = bytes < 1000 ? 0 : Math.min(sizes.length - 1, Math.floor(Math.log10(bytes) / 3));
  const value = bytes / 1000 ** power;
  return `${power === 0 ? value : value.toFixed(value < 10 ? 2 : 1)} ${sizes[power]}`;
}

/** `1,000.5 units`-style number: base units in whole units, with thousands separated. */
export function humanAmount(baseUnits: bigint, decimals: number): string {
  const [whole = '0', fraction] = formatUnits(baseUnits, decimals).split('.');
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ',');
  return fraction === undefined ? grouped : `${grouped}.${fraction}`;
}

/** Enough of a long id to tell it from others: `0x12345678…cdef`. */
export function shortHex(hex: string): string {
  return hex.length <= 14 ? hex : `${hex.slice(0, 10)}…${hex.slice(-4)}`;
}

/** Unix seconds as a date; 0 is `never`. */
export function humanMoment(seconds: bigint): string {
  return seconds === 0n ? 'never' : new Date(Number(seconds) * 1000).toISOString().replace('.000Z', 'Z');
}
