import type { Lab } from './lab/lab.js';
import type { Evidence } from './outcome.js';

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
  /** Resolves when it holds, to what was seen. Throws `ClauseFailed` or `NotApplicable`. */
  readonly check: (lab: Lab) => Promise<string | void>;
};

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
  /** Unchecked because of the node, which says nothing about the contract: another run may tell. */
  readonly nodeFailed: boolean;
  /** What was seen, why it fails, or why it does not apply. */
  readonly detail: string;
  readonly evidence?: Evidence;
};
