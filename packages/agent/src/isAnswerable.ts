import type { RankedSection } from './createSectionIndex.js';

// Calibrated on questions about the project's docs and on questions about anything else (test/questions.json).
const leastFit = 1.92;

/** Whether the best sections speak of enough of the question to quote them. */
export function isAnswerable(ranked: readonly RankedSection[]): boolean {
  return ranked.slice(0, 3).some(
    ({ score, coverage, matched, asked }) =>
      // One known word among unknown ones is a coincidence: "anchor my boat", "price of bread".
      score + 2 * coverage >= leastFit && (matched >= 2 || matched === asked),
  );
}
