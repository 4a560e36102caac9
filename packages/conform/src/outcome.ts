import type { Address, Hex } from '@kedge/core';

/** What anyone can look at to see it for themselves. */
export type Evidence =
  | { readonly kind: 'transaction'; readonly hash: Hex }
  | {
      readonly kind: 'call';
      readonly from: Address;
      readonly to: Address;
      readonly data: Hex;
      readonly value: bigint;
      /** The newest block soon after the call. */
      readonly block?: bigint;
      /** What it returned, or the data of its revert. */
      readonly answer: Hex;
      readonly reverted: boolean;
    };

/** The clause does not hold. */
export class ClauseFailed extends Error {
  override readonly name = 'ClauseFailed';
  readonly evidence: Evidence;

  constructor(message: string, evidence: Evidence) {
    super(message);
    this.evidence = evidence;
  }
}

/**
 * The clause says nothing about this contract, or could not be reached: `isUnchecked` tells the second, which for a MUST
 * keeps the whole from passing.
 */
export class NotApplicable extends Error {
  override readonly name = 'NotApplicable';
  readonly isUnchecked: boolean;

  constructor(reason: string, { isUnchecked = false }: { readonly isUnchecked?: boolean } = {}) {
    super(reason);
    this.isUnchecked = isUnchecked;
  }
}
