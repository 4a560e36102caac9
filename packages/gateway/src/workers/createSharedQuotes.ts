import { canonicalJson, type Hex, type SignedRateQuote, signedRateQuoteToJson } from '@kedge/core';

/** The newest rate quotes that any worker took, for workers that begin. Whether they still count, those find out. */
export type SharedQuotes = {
  readonly add: (signed: SignedRateQuote) => void;
  readonly newest: () => readonly SignedRateQuote[];
};

export function createSharedQuotes(): SharedQuotes {
  // By policy: one, or two that contradict each other.
  const byPolicy = new Map<Hex, readonly SignedRateQuote[]>();
  return {
    add: (signed) => {
      const { policyHash, sequence } = signed.quote;
      const before = byPolicy.get(policyHash) ?? [];
      const newest = before[0]?.quote.sequence ?? -1n;
      if (sequence > newest) byPolicy.set(policyHash, [signed]);
      else if (sequence === newest && before.length < 2 && !before.some((other) => isSame(other, signed)))
        byPolicy.set(policyHash, [...before, signed]);
    },
    newest: () => [...byPolicy.values()].flat(),
  };
}

/** Each worker that found a quote by itself shares it. */
function isSame(one: SignedRateQuote, other: SignedRateQuote): boolean {
  const [said, alsoSaid] = [one, other].map((signed) => canonicalJson(signedRateQuoteToJson(signed).quote));
  return said === alsoSaid;
}
