import { BaseError, createTurns, isReceiptLeaves } from '@kedge/core';
import type { ContentStore } from '@kedge/store';
import type { HttpResponse } from '../http1/exchange.js';

/** Answers with the leaves of an anchored receipt root, by their CID. */
export type AnchorRoute = (cid: string, response: HttpResponse) => Promise<void>;

// Twice what `buildAnchors` puts into one blob, for a batch that is larger than that.
const mostBytes = 8 * 1024 * 1024;
// Each holds a block of a MiB while its reader takes it.
const mostReaders = 32;
// Canonical JSON has its names in order, so that nothing else need be read to its end.
const beginning = '{"batches":[{"batch":"';

/**
 * What the gateway published of receipts, for everybody who asks (R16): a holder who confirms that a receipt is under the root
 * on chain needs the hashes beside its own. Of the content store nothing else is served: what a CID names must have the form of
 * published leaves, which are hashes only.
 */
export function createAnchorRoute(store: Pick<ContentStore, 'catFile'>): AnchorRoute {
  let readers = 0;
  // Who asks needs no key, and a whole blob is in memory while it is looked at.
  const inTurn = createTurns();

  return async (cid, response) => {
    if (readers >= mostReaders) throw busy();
    readers++;
    try {
      if (!(await inTurn(() => isPublished(store, cid)))) throw unknown(cid);
      response.begin(200, {
        'content-type': 'application/json',
        'cache-control': 'public, max-age=31536000, immutable',
        etag: `"${cid}"`,
      });
      for await (const block of store.catFile(cid)) {
        if (response.isGone()) return;
        if (!response.write(Buffer.from(block.buffer, block.byteOffset, block.byteLength))) await drained(response);
      }
      response.end();
    } catch (error) {
      throw isAbsent(error) ? unknown(cid) : error;
    } finally {
      readers--;
    }
  };
}

async function isPublished(store: Pick<ContentStore, 'catFile'>, cid: string): Promise<boolean> {
  const blocks: Uint8Array[] = [];
  let bytes = 0;
  for await (const block of store.catFile(cid)) {
    if (bytes === 0 && !Buffer.from(block.subarray(0, beginning.length)).equals(Buffer.from(beginning))) return false;
    blocks.push(block);
    bytes += block.length;
    if (bytes > mostBytes) return false;
  }
  try {
    return isReceiptLeaves(JSON.parse(Buffer.concat(blocks).toString('utf8')));
  } catch {
    return false;
  }
}

/** Until there is room again, or nobody to read. */
function drained(response: HttpResponse): Promise<void> {
  return new Promise((resolve) => {
    response.onDrain(resolve);
    response.onGone(resolve);
  });
}

/** Whether the store has no such file, or what is named is none: the caller learns no more than that. */
function isAbsent(error: unknown): boolean {
  return error instanceof BaseError && ['block_missing', 'not_a_file', 'cid_invalid'].includes(error.code ?? '');
}

function unknown(cid: string): BaseError {
  return new BaseError('No receipts were anchored here under that CID.', {
    code: 'anchor_unknown',
    status: 404,
    values: { cid },
    hints: ['The event ReceiptsAnchored names the CID; ask the gateway of the operator that emitted it.'],
  });
}

function busy(): BaseError {
  return new BaseError('Too many read anchored receipts now.', {
    code: 'anchors_busy',
    status: 503,
    kind: 'transient',
    values: { retryAfterSeconds: 1 },
    hints: ['Ask again in a moment.'],
  });
}
