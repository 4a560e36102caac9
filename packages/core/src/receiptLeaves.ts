import * as z from 'zod';
import { BaseError } from './baseError.js';
import { canonicalJson } from './canonicalJson.js';
import { hexToBytes, type Address, type Hasher, type Hex } from './hex.js';
import { merkleTree } from './merkle.js';
import { receiptLeaf } from './receipt.js';
import { addressSchema, hashSchema, parseWith, uintSchema } from './schemas.js';
import type { AnchoredBatches } from './verifyReceipts.js';

/** What an anchored receipt root stands for (R16): the published leaves of its batches. No salts, no amounts. */
export type ReceiptLeaves = {
  readonly operator: Address;
  readonly epoch: bigint;
  readonly batches: readonly {
    readonly batch: bigint;
    readonly root: Hex;
    /** Receipt hashes, in the order of the batch. */
    readonly leaves: readonly Hex[];
  }[];
};

const format = 'kedge-receipt-leaves/1';

const receiptLeavesSchema = z.strictObject({
  format: z.literal(format),
  operator: addressSchema,
  epoch: uintSchema(32),
  batches: z
    .array(z.strictObject({ batch: uintSchema(64), root: hashSchema, leaves: z.array(hashSchema).min(1) }))
    .min(1),
});

/**
 * The blob that goes to the content store when a receipt root is anchored: canonical JSON, integers as decimal strings.
 *
 * @example
 * const cid = await store.putBytes(utf8(encodeReceiptLeaves({ operator, epoch: 1n, batches: [] })));
 */
export function encodeReceiptLeaves({ operator, epoch, batches }: ReceiptLeaves): string {
  return canonicalJson({
    format,
    operator,
    epoch: epoch.toString(),
    batches: batches.map(({ batch, root, leaves }) => ({ batch: batch.toString(), root, leaves: [...leaves] })),
  });
}

/**
 * Reads a blob of receipt leaves, and holds each batch's root against its leaves.
 *
 * @throws BaseError `receipt_leaves_invalid`.
 *
 * @example
 * const leaves = parseReceiptLeaves(JSON.parse(text), keccak256);
 */
export function parseReceiptLeaves(json: unknown, keccak256: Hasher): ReceiptLeaves {
  const code = 'receipt_leaves_invalid';
  const { operator, epoch, batches } = parseWith(receiptLeavesSchema, json, {
    what: 'The blob of receipt leaves',
    code,
  });
  for (const { batch, root, leaves } of batches) {
    const found = merkleTree(
      leaves.map((leaf) => hexToBytes(receiptLeaf(leaf, keccak256))),
      keccak256,
    ).root;
    if (found !== root) {
      throw new BaseError('A batch of receipt leaves does not have the root that it names.', {
        code,
        values: { batch, root, found },
      });
    }
  }
  return { operator, epoch, batches };
}

/** Whether a document has the form of published leaves. Says nothing of their roots. */
export function isReceiptLeaves(json: unknown): boolean {
  return receiptLeavesSchema.safeParse(json).success;
}

/**
 * A root on chain with the batches that its published leaves name, for `verifyReceipts`: it holds them against the root.
 *
 * @param json The document behind the root's CID.
 *
 * @throws BaseError `receipt_leaves_invalid`.
 *
 * @example
 * const root = await findReceiptAnchor(client, signed.batch);
 * const anchor = root && anchoredBatches(root, JSON.parse(text), keccak256);
 */
export function anchoredBatches(
  root: Omit<AnchoredBatches, 'batches'>,
  json: unknown,
  keccak256: Hasher,
): AnchoredBatches {
  const { operator, epoch, batches } = parseReceiptLeaves(json, keccak256);
  return { ...root, batches: batches.map((each) => ({ operator, epoch, batch: each.batch, root: each.root })) };
}
