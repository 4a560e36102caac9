import type { Passage, Section } from './splitSections.js';

const listLimit = 12;

/**
 * The passages of a section that answer best, in the section's order. A passage that announces a list brings the
 * list, and a part of a list brings its announcement.
 *
 * @param limit How many passages, what they bring along not counted; a section that short is taken whole.
 * @param coverages How much of the question each passage covers.
 */
export function selectPassages(section: Section, limit: number, coverages: readonly number[]): Passage[] {
  const { passages } = section;
  const quotable = [...passages.keys()].filter((index) => !passages[index]!.text.startsWith('See also'));
  // The first sentence of a section says what the section is about.
  const scores = coverages.map((coverage, index) => coverage + (index === 0 ? 0.15 : 0));
  const best = quotable.toSorted((a, b) => scores[b]! - scores[a]! || a - b).slice(0, limit);
  const chosen = new Set(best);
  for (const index of best) {
    if (passages[index]!.kind !== 'sentence') {
      const lead = passages.findLastIndex((passage, at) => at < index && passage.kind === 'sentence');
      if (passages[lead]?.text.endsWith(':')) chosen.add(lead);
    }
  }
  for (const lead of [...chosen].filter((index) => passages[index]!.text.endsWith(':'))) {
    for (let next = lead + 1; next <= lead + listLimit && isPart(passages[next]); next += 1) chosen.add(next);
  }
  return [...chosen].toSorted((a, b) => a - b).map((index) => passages[index]!);
}

function isPart(passage: Passage | undefined): boolean {
  return passage !== undefined && passage.kind !== 'sentence';
}
