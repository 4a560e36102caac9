import type { IndexedVerdict } from '@kedge/core';
import { keccak256 } from 'viem';

/** What is shown of a statement at most. */
const mostText = 20_000;

/** Where a page may read a statement by itself, or send its reader; undefined where it cannot. */
export type StatementPlace =
  /** In the content store, which is asked at once. */
  | { readonly kind: 'store'; readonly href: string }
  /** Somewhere else: only the reader decides to go there. */
  | { readonly kind: 'web'; readonly href: string };

/** Anybody writes URIs: only those of the content store and of the web are followed. */
export function placeOf(uri: string, contentUrl: string | undefined): StatementPlace | undefined {
  const cid = /^ipfs:\/\/([a-z0-9]+)$/.exec(uri)?.[1];
  if (cid !== undefined) return contentUrl === undefined ? undefined : { kind: 'store', href: `${contentUrl}/${cid}` };
  if (!URL.canParse(uri)) return undefined;
  const { protocol, href } = new URL(uri);
  return protocol === 'https:' || protocol === 'http:' ? { kind: 'web', href } : undefined;
}

/** A statement that was read, and whether its bytes are those that were attested. */
export type CheckedStatement = {
  readonly isSame: boolean;
  /** keccak-256 of the bytes that were read. */
  readonly hash: string;
  /** Undefined where it is no text, or too long to show. */
  readonly text?: string;
};

/** Hashes a statement here, in the browser. */
export function checkStatement(bytes: Uint8Array, statementHash: string): CheckedStatement {
  const hash = keccak256(bytes);
  const text = bytes.length > mostText ? undefined : textOf(bytes);
  return { isSame: hash === statementHash, hash, ...(text === undefined ? {} : { text }) };
}

function textOf(bytes: Uint8Array): string | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return /^\s*[[{]/.test(text) ? JSON.stringify(JSON.parse(text), null, 2) : text;
  } catch {
    // Not text, or it only began as JSON does: its hash is checked all the same.
    return undefined;
  }
}

/** How many verifiers say what, by the verdict of each that counts: its last one, while it is valid. */
export function countOutcomes(verdicts: readonly IndexedVerdict[]): Record<IndexedVerdict['outcome'], number> {
  const counts = { confirmed: 0, refuted: 0, undecided: 0 };
  for (const { outcome, isLast, state } of verdicts) if (isLast && state === 'valid') counts[outcome] += 1;
  return counts;
}
