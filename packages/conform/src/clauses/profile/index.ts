import type { Clause } from '../../clause.js';
import { adapterClauses } from './adapter.js';
import { approvalClauses } from './approvals.js';
import { attestationClauses } from './attestations.js';
import { authorityClauses } from './authority.js';
import { batchClauses } from './batches.js';
import { lifecycleClauses } from './lifecycle.js';
import { optionClauses } from './options.js';
import { semanticsClauses } from './semantics.js';
import { solvencyClauses } from './solvency.js';

const clauses = [
  ...solvencyClauses,
  ...authorityClauses,
  ...approvalClauses,
  ...optionClauses,
  ...semanticsClauses,
  ...lifecycleClauses,
  ...batchClauses,
  ...adapterClauses,
  ...attestationClauses,
];

/** The decisions P1 to P33 that a black box can see, by number. */
export const profileClauses: readonly Clause[] = clauses.toSorted((left, right) => numberOf(left) - numberOf(right));

function numberOf({ section }: Clause): number {
  return Number(section.slice(1));
}
