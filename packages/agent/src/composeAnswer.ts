import type { RankedSection, SectionIndex } from './createSectionIndex.js';
import { countTokens } from './countTokens.js';
import { cutToTokens } from './cutToTokens.js';
import { isAnswerable } from './isAnswerable.js';
import { selectPassages } from './selectPassages.js';
import type { Passage, Section } from './splitSections.js';

/** What a conversation asks: the last user message, and the user's earlier ones, oldest first. */
export type Question = { readonly text: string; readonly earlier: readonly string[] };

export type FinishReason = 'stop' | 'length';

const sectionLimit = 3;
const shortQuestion = 2;
/** Letters; longer than any heading that was written to be read. */
const longestLabel = 120;
// Joining two pieces may cost a token more than they cost apart.
const slack = 4;

/**
 * Answers in pieces, as they are found: quotations with a number, then the sources, or a refusal when the documents do
 * not cover the question. Says why it ended.
 *
 * @param titles Titles of the documents, the most telling first, for the refusal.
 * @param maxTokens Limit of the answer in o200k_base tokens. Quotations are left out as whole passages; only when not
 * even one fits with its source is the text cut.
 */
export function* composeAnswer(
  index: SectionIndex,
  titles: readonly string[],
  question: Question,
  maxTokens: number,
): Generator<string, FinishReason> {
  const ranked = findSections(index, question);
  if (!isAnswerable(ranked)) return yield* cutToLength(refusal(titles), maxTokens);

  const sources: { section: Section; quoted: Passage[] }[] = [];
  let used = slack;
  for (const [place, { section, passages }] of worthQuoting(ranked).entries()) {
    const source = { section, quoted: [] as Passage[] };
    for (const passage of selectPassages(section, place === 0 ? 5 : 2, passages)) {
      const piece = quotation(passage, sources.length + 1, source.quoted.at(-1), used > slack);
      const cost = countTokens(piece);
      const closing = sourceList([...sources, { section, quoted: [...source.quoted, passage] }]);
      if (used + cost + countTokens(closing) > maxTokens) {
        if (used === slack) return yield* cutToLength(piece + closing, maxTokens);
        break;
      }
      used += cost;
      source.quoted.push(passage);
      yield piece;
    }
    if (source.quoted.length > 0) sources.push(source);
  }
  yield sourceList(sources);
  return 'stop';
}

/** The sections for a question; one that is too short to stand alone is read together with the question before it. */
function findSections(index: SectionIndex, question: Question): RankedSection[] {
  const ranked = index.search(question.text, question.earlier);
  const previous = question.earlier.at(-1);
  if (previous === undefined || isAnswerable(ranked) || (ranked[0]?.asked ?? 0) > shortQuestion) return ranked;
  return index.search(`${question.text}\n${previous}`, question.earlier);
}

function worthQuoting(ranked: readonly RankedSection[]): RankedSection[] {
  const best = ranked[0]!.score;
  return ranked.slice(0, sectionLimit).filter(({ score }) => score >= 0.6 * best);
}

/** One passage with its number, and the white space that separates it from what stands before. */
function quotation(passage: Passage, number: number, before: Passage | undefined, isLater: boolean): string {
  const mark = passage.kind === 'code' ? `\n[${number}]` : ` [${number}]`;
  const bullet = passage.kind === 'item' || passage.kind === 'row' ? '- ' : '';
  const gap = before === undefined ? (isLater ? '\n\n' : '') : gapBetween(before, passage);
  return `${gap}${bullet}${passage.text}${mark}`;
}

function gapBetween(before: Passage, passage: Passage): string {
  if (before.kind === 'sentence' && passage.kind === 'sentence') return ' ';
  return before.kind !== 'code' && (passage.kind === 'item' || passage.kind === 'row') ? '\n' : '\n\n';
}

function sourceList(sources: readonly { section: Section; quoted: readonly Passage[] }[]): string {
  const lines = sources.map(({ section, quoted }, place) => {
    const range = `bytes ${quoted[0]!.start}-${quoted.at(-1)!.end}`;
    return `[${place + 1}] ${oneLine(section.path)} § ${section.headings.map(label).join(' › ')} (${section.cid}, ${range})`;
  });
  return `\n\nSources:\n${lines.join('\n')}`;
}

function refusal(titles: readonly string[]): string {
  const shown = titles.slice(0, 8).map(label).join(', ');
  const more = titles.length > 8 ? ` and ${titles.length - 8} more` : '';
  return (
    'I cannot answer that: the documents I quote from do not cover it. ' +
    `I answer questions about what is in these documents: ${shown}${more}.`
  );
}

/** A heading as it is named: whoever wrote the document chose its length, and readers pay for each token. */
function label(heading: string): string {
  const letters = [...oneLine(heading)];
  return letters.length > longestLabel ? `${letters.slice(0, longestLabel).join('')}…` : letters.join('');
}

/** Without what would begin a line of its own, such as one more source. */
function oneLine(text: string): string {
  return text.replaceAll(/[\p{C}\p{Zl}\p{Zp}\s]+/gu, ' ');
}

/** As many words as fit; `length` when something had to be left out. */
function* cutToLength(text: string, maxTokens: number): Generator<string, FinishReason> {
  const cut = cutToTokens(text, maxTokens, countTokens);
  yield cut;
  return cut === text ? 'stop' : 'length';
}
