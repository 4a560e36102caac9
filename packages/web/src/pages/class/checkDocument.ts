import { integrityHashOf } from '@kedge/core';
import { keccak256 } from 'viem';

/** Whether a JSON document has this keccak-256 of its canonical form (RFC 8785). */
export function documentMatches(document: unknown, hash: string): boolean {
  return integrityHashOf(document, (bytes) => keccak256(bytes, 'bytes')) === hash;
}
