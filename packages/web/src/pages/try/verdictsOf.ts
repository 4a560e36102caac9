import type { ReceiptCheck } from '@kedge/core';

/** What the checks of a receipt come to, in a few words each. */
export type Verdict = { readonly text: string; readonly tone: 'good' | 'bad' | 'open' };

/** A check that could not be made is none that is good: where the policy is not at hand, nobody has looked at the units. */
export function verdictsOf(checks: readonly ReceiptCheck[]): Verdict[] {
  const has = (name: ReceiptCheck['name']): boolean => checks.some((check) => check.name === name);
  const isGood = checks.every(({ ok }) => ok);
  return [
    isGood
      ? { text: 'Receipt verified in your browser', tone: 'good' }
      : { text: 'The receipt is not good', tone: 'bad' },
    ...(has('units') ? [] : [{ text: 'Units not checked: no policy', tone: 'open' } as const]),
    has('anchor') ? { text: 'Anchored', tone: 'good' } : { text: 'Not anchored yet', tone: 'open' },
  ];
}
