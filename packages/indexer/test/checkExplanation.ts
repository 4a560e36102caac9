import type { AccrualPart, ClaimExplanation } from '@kedge/core';
import { expect } from 'vitest';

/** How often each cause occurs in an explanation, at any depth. */
export type Causes = Record<AccrualPart['cause']['type'], number>;

/** Every sum of an explanation, at every level, to the smallest unit. */
export function checkExplanation(explained: ClaimExplanation): Causes {
  const { tokenId, asset, earned, claimed, claimable, parts, earlier } = explained;
  const causes: Causes = { settlement: 0, use: 0, backing: 0, royalty: 0 };
  const about = `token ${tokenId} in ${asset}`;
  expect(earned - claimed, about).toBe(claimable);
  expect(sumOf(parts) + earlier.amount, about).toBe(claimable);
  for (const part of parts) checkPart(part, about, causes);
  return causes;
}

function checkPart(part: AccrualPart, about: string, causes: Causes): void {
  const { cause, amount } = part;
  const here = `${about} < class ${part.classId}, block ${part.blockNumber} (${cause.type})`;
  expect(amount, here).toBeGreaterThan(0n);
  expect(amount, here).toBeLessThanOrEqual(part.toHolders + 1n);
  causes[cause.type] += 1;
  if (cause.type === 'royalty') {
    expect(sumOf(cause.parts) + cause.earlier.amount, here).toBe(amount);
    expect(cause.earlier.amount, here).toBeGreaterThanOrEqual(0n);
    for (const each of cause.parts) checkRoyaltyPart(each, here, causes);
  }
  if (cause.type === 'use') {
    expect(sumOf(cause.uses) + cause.otherUses, here).toBe(amount);
    expect(cause.useCount, here).toBeGreaterThan(0);
  }
}

/** Below a royalty, an amount is a part of what the child received, not of what its holders did. */
function checkRoyaltyPart(part: AccrualPart, about: string, causes: Causes): void {
  checkPart({ ...part, toHolders: part.received }, about, causes);
}

function sumOf(parts: readonly { readonly amount: bigint }[]): bigint {
  return parts.reduce((sum, { amount }) => sum + amount, 0n);
}
