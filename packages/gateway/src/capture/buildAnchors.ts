import { encodeReceiptLeaves, type Hex, type ProtocolDomain, receiptAnchorTree, utf8 } from '@kedge/core';
import type { ReceiptAnchor } from '../chain/gatewayChain.js';
import { keccak256 } from '../crypto/hashers.js';
import type { BatchName } from '../ledger/ledgerIndex.js';
import type { CaptureLedger } from '../ledger/ledger.js';

// What one transaction anchors: after an outage of the chain, the rest is the next one's.
const maxAnchors = 8;
// About 4 MB of leaves in one blob; a batch that is larger has its own.
const maxReceiptsAnAnchor = 60_000;

/** Anchors of the batches, from the first on, as many as one transaction takes; `batches` is how many they cover. */
export async function buildAnchors(
  names: readonly BatchName[],
  options: {
    readonly operator: Hex;
    readonly domain: ProtocolDomain;
    readonly leavesOf: CaptureLedger['leavesOf'];
    readonly putLeaves: (bytes: Uint8Array) => Promise<string>;
  },
): Promise<{ readonly anchors: readonly ReceiptAnchor[]; readonly batches: number }> {
  const { operator, domain, leavesOf } = options;
  const anchors: ReceiptAnchor[] = [];
  let next = 0;
  while (anchors.length < maxAnchors) {
    const first = names[next];
    if (first === undefined) break;
    const { epoch } = first;
    const batches: { batch: bigint; root: Hex; leaves: readonly Hex[] }[] = [];
    let receipts = 0;
    // Consecutive batches of one epoch: what one anchor can name.
    for (let name = names[next]; name !== undefined; name = names[next]) {
      if (name.epoch !== epoch || name.batch !== first.batch + BigInt(batches.length)) break;
      if (receipts >= maxReceiptsAnAnchor) break;
      const { root, receiptHashes } = await leavesOf(name);
      batches.push({ batch: name.batch, root, leaves: receiptHashes });
      receipts += receiptHashes.length;
      next++;
    }
    const lastBatch = first.batch + BigInt(batches.length - 1);
    const cid = await options.putLeaves(utf8(encodeReceiptLeaves({ operator, epoch, batches })));
    const signed = batches.map(({ batch, root }) => ({ operator, epoch, batch, root }));
    const { root } = receiptAnchorTree(domain, signed, keccak256);
    anchors.push({ epoch, firstBatch: first.batch, lastBatch, root, cid });
  }
  return { anchors, batches: next };
}
