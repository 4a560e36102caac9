import { cpus, loadavg } from 'node:os';

export function medianOf(list) {
  const sorted = list.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

export function rounded(value) {
  return Number(value.toFixed(3));
}

/** How far runs of the same program lie apart, largest through smallest. */
export function spreadOf(list) {
  return rounded(Math.max(...list) / Math.min(...list));
}

/** What else the machine did: call it before, and what it gives after. */
export function noiseOf() {
  const before = loadavg()[0];
  return () => ({ load: [before, loadavg()[0]].map(rounded), cores: cpus().length });
}
