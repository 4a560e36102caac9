import type { Hasher, Hex } from './hex.js';
import { metricTypeOf } from './metrics.js';
import { hashReceipt } from './receipt.js';
import type { SignedReceipt } from './signedReceipt.js';

/** Two receipts that one operator gave one number in one channel (R15): what `OperatorBond` slashes for (R26). */
export type Equivocation = {
  readonly channelId: Hex;
  readonly seq: bigint;
  readonly first: SignedReceipt;
  readonly second: SignedReceipt;
};

/**
 * Pairs of receipts with one operator, one channel, one seq and two contents. The signatures are not checked here:
 * `verifyReceipts` does, and the chain.
 *
 * @param receipts In any order; one receipt given twice is no pair.
 * @returns One pair for each number that has two contents, in the order of the receipts.
 *
 * @example
 * const [fraud] = findEquivocations(receipts, keccak256);
 */
export function findEquivocations(receipts: readonly SignedReceipt[], keccak256: Hasher): Equivocation[] {
  const firsts = new Map<string, { readonly signed: SignedReceipt; readonly hash: Hex }>();
  const found = new Map<string, Equivocation>();
  for (const signed of receipts) {
    const { channelId, seq } = signed.receipt;
    const key = `${signed.batch.operator.toLowerCase()} ${channelId} ${seq}`;
    const hash = hashReceipt(signed.receipt, keccak256);
    const first = firsts.get(key);
    if (first === undefined) firsts.set(key, { signed, hash });
    else if (first.hash !== hash && !found.has(key)) {
      found.set(key, { channelId, seq, first: first.signed, second: signed });
    }
  }
  return [...found.values()];
}

/**
 * A signed receipt as the contract's ABI takes it.
 *
 * @example
 * const proofs = receipts.map((signed) => signedReceiptToAbi(signed, keccak256));
 */
export function signedReceiptToAbi({ receipt, batch, path, signature }: SignedReceipt, keccak256: Hasher) {
  const metrics = receipt.metrics.map(({ metric, amount }) => ({
    metricType: metricTypeOf(metric, keccak256),
    amount,
  }));
  return { receipt: { ...receipt, metrics }, epoch: Number(batch.epoch), batch: batch.batch, path, signature };
}
