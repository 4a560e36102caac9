import {
  anchoredBatches,
  BaseError,
  type AnchoredBatches,
  type Channel,
  type Hex,
  type SignedReceipt,
} from '@kedge/core';
import type { TokenView } from '@kedge/sdk';
import { keccak256 } from '../keccak256.js';
import type { Connection } from '../chain/connect.js';
import type { FindLeaves } from './createLeavesFinder.js';

/** What the chain says about the channel of some receipts. */
export type ChannelFacts = { readonly channel: Channel; readonly token: TokenView };

/** The channel and its token; `undefined` when the chain knows no such channel. */
export async function readChannelFacts({ client }: Connection, channelId: Hex): Promise<ChannelFacts | undefined> {
  const channel = await client.findChannel({ channelId });
  return channel && { channel, token: await client.getToken({ tokenId: channel.tokenId }) };
}

/** Where a receipt's batch is anchored: under a root with its leaves, not yet, or under one whose leaves are not at hand. */
export type AnchorFact =
  | { readonly kind: 'anchored'; readonly anchor: AnchoredBatches }
  | { readonly kind: 'pending' | 'leaves_missing' | 'leaves_wrong'; readonly detail: string };

/** Looks up the anchors of receipts, each batch once. */
export async function readAnchorFacts(
  connection: Connection,
  receipts: readonly SignedReceipt[],
  findLeaves: FindLeaves,
): Promise<AnchorFact[]> {
  const known = new Map<string, Promise<AnchorFact>>();
  return Promise.all(
    receipts.map(({ batch }) => {
      const key = `${batch.operator}/${batch.epoch}/${batch.batch}`.toLowerCase();
      const fact = known.get(key) ?? readAnchorFact(connection, batch, findLeaves);
      known.set(key, fact);
      return fact;
    }),
  );
}

async function readAnchorFact(
  { client }: Connection,
  { operator, epoch, batch }: SignedReceipt['batch'],
  findLeaves: FindLeaves,
): Promise<AnchorFact> {
  const root = await client.findReceiptAnchor({ operator, epoch, batch });
  if (root === undefined) return { kind: 'pending', detail: `batch ${epoch}/${batch} is not anchored yet` };
  const at = `batch ${epoch}/${batch} is anchored in transaction ${root.transactionHash}`;
  const found = await findLeaves(root.cid);
  if ('missing' in found) return { kind: 'leaves_missing', detail: `${at}, but ${found.missing}` };
  if ('wrong' in found) return { kind: 'leaves_wrong', detail: `${at}, but ${found.wrong}` };
  try {
    return { kind: 'anchored', anchor: anchoredBatches(root, parseLeaves(found.bytes), keccak256) };
  } catch (error) {
    if (!(error instanceof BaseError)) throw error;
    return { kind: 'leaves_wrong', detail: `${at}, but its leaves (${root.cid}) are not valid: ${error.shortMessage}` };
  }
}

function parseLeaves(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch (cause) {
    throw new BaseError('They are not JSON.', { code: 'receipt_leaves_invalid', cause });
  }
}
