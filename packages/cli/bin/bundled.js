// Which of the two builds runs: the bundle, or what the compiler wrote where that is newer.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

/** What scripts/bundle.mjs writes. */
export const bundleFolder = new URL('../bundle/', import.meta.url);
/** In it: the hash of every file it was made of, by their paths as seen from there, and its own files. */
export const recordName = 'made-of.json';

/**
 * Whether the bundle was made of exactly what is here now. Of our own modules the compiler's records stand for them, which say
 * the hash of every source; a few milliseconds.
 */
export function isBundleFresh() {
  const inputs = Object.entries(readRecord()?.inputs ?? {});
  return inputs.length > 0 && inputs.every(([path, hash]) => hashOf(new URL(path, bundleFolder)) === hash);
}

/** Undefined where there is none, or one that a loss of power cut off. */
export function readRecord() {
  try {
    return JSON.parse(read(new URL(recordName, bundleFolder)) ?? 'null') ?? undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** SHA-256 of a file, undefined where there is none. */
export function hashOf(file) {
  const bytes = read(file);
  return bytes && createHash('sha256').update(bytes).digest('hex');
}

function read(file) {
  try {
    return readFileSync(file);
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
}
