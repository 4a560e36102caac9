import { encodeCaptureItems } from '@kedge/core';
import type { Capture, CaptureItem, RoyaltyEdge } from '../chain/gatewayChain.js';

/**
 * What one signed transaction may weigh. geth's pool refuses more than 131072 bytes (`txMaxSize`), a sequencer of Arbitrum
 * more than 95000 (`max-tx-data-size`).
 */
export const maxTransactionBytes = 95_000;
/** EIP-7825: the most gas that one transaction may ask for. */
export const maxTransactionGas = 2n ** 24n;

// What is left for items and edges, beside a few anchors and the transaction's own fields.
const maxChunkBytes = 85_000;
// Less than `maxTransactionGas` by the room that is added to an estimate.
const maxChunkGas = 12_000_000;
// Measured (contracts/snapshots/capture.json), rounded up. A wrong guess costs a refused estimate.
const signedItemGas = 17_500;
const unsignedItemGas = 13_000;
const edgeGas = 60_000;
const edgeBytes = 96;

/** As many of the items, from the first, as one transaction takes with their edges; at least one. */
export function chunkOf(
  items: readonly CaptureItem[],
  edgesOf: (items: readonly CaptureItem[]) => readonly RoyaltyEdge[],
): Pick<Capture, 'items' | 'edges'> {
  // No item takes less gas.
  let chunk = items.slice(0, maxChunkGas / unsignedItemGas);
  for (;;) {
    const edges = edgesOf(chunk);
    const share = Math.max(bytesOf(chunk, edges) / maxChunkBytes, gasOf(chunk, edges) / maxChunkGas);
    if (share <= 1 || chunk.length <= 1) return { items: chunk, edges };
    chunk = chunk.slice(0, Math.max(1, Math.floor(chunk.length / share)));
  }
}

/** The same for the first half of its items; of a single one, without edges, then without anchors. Undefined: no less is left. */
export function halved(
  capture: Capture,
  edgesOf: (items: readonly CaptureItem[]) => readonly RoyaltyEdge[],
): Capture | undefined {
  if (capture.items.length <= 1) return lighter(capture);
  const items = capture.items.slice(0, Math.ceil(capture.items.length / 2));
  // Where edges were left out, they stay out.
  return { ...capture, items, edges: capture.edges.length === 0 ? [] : edgesOf(items) };
}

/** The same without edges, then without anchors: what is not to hold up captures, which pay everyone. Undefined: none is left. */
export function lighter(capture: Capture): Capture | undefined {
  if (capture.items.length === 0) return undefined;
  if (capture.edges.length > 0) return { ...capture, edges: [] };
  if (capture.anchors.length > 0) return { ...capture, anchors: [] };
  return undefined;
}

function bytesOf(items: readonly CaptureItem[], edges: readonly RoyaltyEdge[]): number {
  return encodeCaptureItems(items).length / 2 + edges.length * edgeBytes;
}

function gasOf(items: readonly CaptureItem[], edges: readonly RoyaltyEdge[]): number {
  const signed = items.filter(({ signature }) => signature !== undefined).length;
  return signed * signedItemGas + (items.length - signed) * unsignedItemGas + edges.length * edgeGas;
}
