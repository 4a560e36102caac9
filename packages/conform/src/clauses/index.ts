import type { Clause, Profile } from '../clause.js';
import { approvalClauses } from './approvals.js';
import { classClauses } from './classes.js';
import { errorClauses } from './errors.js';
import { eventClauses } from './events.js';
import { expiryClauses } from './expiry.js';
import { optionalClauses } from './optional.js';
import { profileClauses } from './profile/index.js';
import { proofClauses } from './proofs.js';
import { revenueClauses } from './revenue.js';
import { securityClauses } from './security.js';
import { storageClauses } from './storage.js';
import { tokenClauses } from './tokens.js';
import { usageClauses } from './usage.js';
import { valueClauses } from './value.js';
import { viewClauses } from './views.js';

/** Sections in the draft's order, with their headings. */
export const sections: readonly (readonly [section: string, title: string])[] = [
  ['1', '1. Terminology'],
  ['3', '3. Storage model'],
  ['4', '4. Events'],
  ['5', '5. Read-only views'],
  ['6.1', '6.1 Class management'],
  ['6.2', '6.2 Minting & ownership'],
  ['6.3', '6.3 Approvals'],
  ['6.4', '6.4 Value transfer'],
  ['6.5', '6.5 Usage metering'],
  ['6.6', '6.6 Expiry'],
  ['6.7', '6.7 Settlement & claims'],
  ['8', '8. Profiles & interoperability'],
  ['9', '9. Proof registry'],
  ['10', '10. Usage policy'],
  ['11', '11. Error handling'],
  ['Security', 'Security considerations'],
];

const clauses = [
  ...expiryClauses,
  ...storageClauses,
  ...eventClauses,
  ...viewClauses,
  ...classClauses,
  ...tokenClauses,
  ...approvalClauses,
  ...valueClauses,
  ...usageClauses,
  ...revenueClauses,
  ...optionalClauses,
  ...errorClauses,
  ...securityClauses,
  ...proofClauses,
];

const order = sections.map(([section]) => section);

/** The draft's clauses in its order. */
const draftClauses: readonly Clause[] = clauses.toSorted(
  (left, right) => order.indexOf(left.section) - order.indexOf(right.section),
);

/**
 * The clauses of a profile, in order.
 *
 * @example
 * clausesOf('draft').filter(({ level }) => level === 'MUST').length;
 */
export function clausesOf(profile: Profile): readonly Clause[] {
  return profile === 'draft' ? draftClauses : [...draftClauses, ...profileClauses];
}
