import type { Address, Hex } from '@kedge/core';
import type { Lab } from './lab/lab.js';

/** RFC 2119 levels; RECOMMENDED is SHOULD, OPTIONAL is MAY. */
export type Level = 'MUST' | 'SHOULD' | 'MAY';

/** `draft`: the literal text. `kedge`: the draft and the decisions P1 to P33 that a black box can see. */
export type Profile = 'draft' | 'kedge';

/** One requirement: the text's own words, and how it is tried. */
export type Clause = {
  /** Stable: `D` and the draft's section, or the decision's number, then a word. */
  readonly id: string;
  /** Section of the draft (`6.4`), or the decision (`P9`). */
  readonly section: string;
  readonly level: Level;
  /** The exact words. */
  readonly words: string;
  /** How an ambiguity is read, or what the check does not see. */
  readonly note?: string;
  /** Resolves when it holds, to what was seen. Throws {@link ClauseFailed} or {@link NotApplicable}. */
  readonly check: (lab: Lab) => Promise<string | void>;
};

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

/** The outcome of one clause. */
export type ClauseResult = {
  readonly id: string;
  readonly section: string;
  readonly level: Level;
  readonly words: string;
  readonly note?: string;
  readonly status: 'pass' | 'fail' | 'notApplicable';
  /** Not applicable because it could not be reached: whether it holds is not known. */
  readonly isUnchecked: boolean;
  /** What was seen, why it fails, or why it does not apply. */
  readonly detail: string;
  readonly evidence?: Evidence;
};
