import { integrityHashOf } from '@kedge/core';
import { keccak256 } from '../../data/keccak256.js';

/** Whether a JSON document has this keccak-256 of its canonical form (RFC 8785). */
export function documentMatches(document: unknown, hash: string): boolean {
  return integrityHashOf(document, keccak256) === hash;
}
