import MiniSearch from 'minisearch';
import type { Section } from './splitSections.js';
import { commandTermsOf, conceptTermsOf, isUnspaced, pairsOf, termsOf } from './termsOf.js';

/** A section with how well it fits a question. */
export type RankedSection = {
  readonly section: Section;
  /** Higher is better; about 0 to 3. */
  readonly score: number;
  /** Part of the question, weighted by the rarity of its words, that the section speaks of: 0 to 1. */
  readonly coverage: number;
  /** How many different words of the question the section has, itself or by a synonym, and how many there are. */
  readonly matched: number;
  readonly asked: number;
  /** The coverage of each passage of the section, its heading counted in. */
  readonly passages: readonly number[];
};

export type SectionIndex = {
  /**
   * The sections that fit `question` best, best first, at most ten.
   * @param context Earlier questions of the conversation: they count little, and not for coverage.
   */
  search(question: string, context?: readonly string[]): RankedSection[];
};

/** A question: its words in order, what is looked for, the same with its synonyms, and the words of the questions before it. */
type Query = {
  readonly said: readonly string[];
  readonly terms: readonly string[];
  readonly meant: Vocabulary;
  readonly before: readonly string[];
};

type Vocabulary = ReadonlySet<string>;

/** What is compared with a question: of a section, and of its parts. */
type Entry = {
  readonly titleTerms: readonly string[];
  readonly title: Vocabulary;
  /** How often each term is said or meant in all of it, and how many are said. */
  readonly counts: ReadonlyMap<string, number>;
  readonly length: number;
  readonly whole: Vocabulary;
  readonly passages: readonly Vocabulary[];
  /** The terms of its title and of each passage, in order. */
  readonly texts: readonly (readonly string[])[];
};

const synonymWeight = 0.6;
const contextWeight = 0.25;
// How much each sign of a good section counts. Chosen on questions about these and about other documents, all together.
const weights = { relevance: 3, section: 0.3, passage: 0.6, title: 1.2, pairs: 1 } as const;
// How often a word of the heading counts as said.
const titleWeight = 2;
// Of BM25: how soon a word that is said again counts no more, and how much long sections lose.
const bm25 = { k: 2, b: 0.75 } as const;
// What stands below a document's title announces; what stands below a heading answers.
const introductionWeight = 0.8;
// A title that the question says in full: "what is a voucher" asks for the section "Voucher".
const namedBonus = 0.25;
const candidates = 150;
const keep = 10;

/**
 * Builds the search index over `sections`: BM25 finds candidates; what they cover of the question, and whether its words stand
 * together in them, orders these.
 */
export function createSectionIndex(sections: readonly Section[]): SectionIndex {
  const engine = new MiniSearch<{ id: number; said: string }>({
    fields: ['said'],
    tokenize: (text) => text.split(' '),
    processTerm: (term) => term,
  });
  const entries: Entry[] = [];
  for (const [id, section] of sections.entries()) {
    const entry = readSection(section);
    engine.add({ id, said: [...entry.counts.keys()].join(' ') });
    entries.push(entry);
  }
  const meanLength = sum(entries.map(({ length }) => length)) / sections.length;
  const frequencies = new Map<string, number>();
  for (const { whole } of entries) {
    for (const term of whole) frequencies.set(term, (frequencies.get(term) ?? 0) + 1);
  }

  const known = new Map([...frequencies].map(([term, frequency]) => [term, rarityOf(term, frequency)]));
  const weightOf = (term: string): number => known.get(term) ?? rarityOf(term, 0);

  /** Inverse document frequency; twice that for numbers and rule names (402, R27), which are asked for deliberately. */
  function rarityOf(term: string, frequency: number): number {
    const rarity = Math.log(1 + (sections.length - frequency + 0.5) / (frequency + 0.5));
    // Two characters of a script without spaces may be the end of one word and the beginning of another: no document has those.
    if (frequency === 0 && isUnspaced(term)) return rarity / 4;
    return /\d/.test(term) ? 2 * rarity : rarity;
  }

  /** What a term is worth where it stands, or only a word for the same. */
  function worthIn(term: string, vocabulary: Vocabulary): number {
    if (vocabulary.has(term)) return weightOf(term);
    const isMeant = conceptTermsOf(term).some((concept) => vocabulary.has(concept));
    return isMeant ? synonymWeight * weightOf(term) : 0;
  }

  /** A word for the same says no more than so common a meaning can. */
  function synonymWorth(term: string, concept: string): number {
    return synonymWeight * Math.min(weightOf(term), weightOf(concept));
  }

  function covered(terms: readonly string[], vocabulary: Vocabulary): number {
    let [met, total] = [0, 0];
    for (const term of terms) {
      met += worthIn(term, vocabulary);
      total += weightOf(term);
    }
    return partOf(met, total);
  }

  /** What each term is searched with: BM25 counts the rarity of a term by itself. */
  function queryBoosts(terms: readonly string[], contextTerms: readonly string[]): Map<string, number> {
    const boosts = new Map<string, number>();
    for (const [list, part] of [
      [terms, 1],
      [contextTerms, contextWeight],
    ] as const) {
      const raise = (term: string, boost: number) => boosts.set(term, Math.max(boosts.get(term) ?? 0, part * boost));
      for (const term of list) {
        raise(term, /\d/.test(term) ? 2 : 1);
        for (const concept of conceptTermsOf(term)) raise(concept, synonymWorth(term, concept) / weightOf(concept));
      }
    }
    return boosts;
  }

  /** BM25 of a section, as a part of the most that there can be: of a word, or of the best word for the same. */
  function relevanceOf({ counts, length }: Entry, terms: readonly string[]): number {
    const size = 1 - bm25.b + (bm25.b * length) / meanLength;
    const often = (term: string): number => {
      const count = counts.get(term) ?? 0;
      return count / (count + bm25.k * size);
    };
    const worth = terms.map((term) =>
      conceptTermsOf(term).reduce(
        (most, concept) => Math.max(most, synonymWorth(term, concept) * often(concept)),
        weightOf(term) * often(term),
      ),
    );
    return partOf(sum(worth), sum(terms.map(weightOf)));
  }

  /** What part of the words that stand beside one another in a question do so, or nearly, in a section. */
  function pairsCovered(question: readonly string[], { texts }: Entry): number {
    const words = new Set(question);
    const pairs = pairsOf(question, 1, words);
    if (pairs.length === 0) return 0;
    const asked = pairs.map((pair) => ({ pair, weight: sum(pair.split(' ').map(weightOf)) }));
    const there = new Set(texts.flatMap((terms) => pairsOf(terms, 2, words)));
    const met = asked.filter(({ pair }) => there.has(pair));
    return partOf(sum(met.map(({ weight }) => weight)), sum(asked.map(({ weight }) => weight)));
  }

  function rank({ said, terms, meant, before }: Query, id: number): RankedSection {
    const section = sections[id]!;
    const entry = entries[id]!;
    const { titleTerms, whole, passages: vocabularies } = entry;
    const coverage = covered(terms, whole);
    const passages = vocabularies.map((vocabulary) => covered(terms, vocabulary));
    const title = harmonicMean(covered(terms, entry.title), covered(titleTerms, meant));
    const fit =
      weights.relevance * (relevanceOf(entry, terms) + contextWeight * relevanceOf(entry, before)) +
      weights.section * coverage +
      weights.passage * passages.reduce((most, each) => Math.max(most, each)) +
      weights.title * title +
      weights.pairs * pairsCovered(said, entry);
    const isNamed = titleTerms.length > 0 && titleTerms.every((term) => terms.includes(term));
    const score = (section.headings.length === 1 ? introductionWeight * fit : fit) + (isNamed ? namedBonus : 0);
    const matched = terms.filter((term) => worthIn(term, whole) > 0).length;
    return { section, score, coverage, matched, asked: terms.length, passages };
  }

  function search(question: string, context: readonly string[] = []): RankedSection[] {
    const commands = commandTermsOf(question).filter((term) => frequencies.has(term));
    const said = termsOf(question);
    const terms = [...new Set([...said, ...commands])];
    const query = { said, terms, meant: new Set(withConcepts(terms)), before: context.flatMap(termsOf) };
    const boosts = queryBoosts(terms, query.before);
    if (boosts.size === 0) return [];
    const hits = engine.search([...boosts.keys()].join(' '), {
      boostTerm: (term) => boosts.get(term) ?? 0,
      combineWith: 'OR',
    });
    return hits
      .slice(0, candidates)
      .map((hit) => rank(query, hit.id as number))
      .toSorted((a, b) => b.score - a.score)
      .slice(0, keep);
  }

  return { search };
}

/** The terms of a section by where they stand: each text is read once. */
function readSection({ headings, path, passages }: Section): Entry {
  const title = termsOf(headings.at(-1) ?? '');
  const place = new Set(termsOf([...headings.slice(0, -1), path.replaceAll(/[/.]/g, ' ')].join(' ')));
  const texts = passages.map(({ text }) => termsOf(text));
  const said = [...texts.flat(), ...Array.from({ length: titleWeight }, () => title).flat()];
  const counts = new Map<string, number>();
  for (const term of withConcepts([...said, ...place])) counts.set(term, (counts.get(term) ?? 0) + 1);
  return {
    titleTerms: [...new Set(title)],
    title: new Set(withConcepts(title)),
    counts,
    length: said.length,
    whole: new Set(counts.keys()),
    passages: texts.map((terms) => new Set(withConcepts([...title, ...terms]))),
    texts: [title, ...texts],
  };
}

function withConcepts(terms: readonly string[]): string[] {
  return terms.flatMap((term) => [term, ...conceptTermsOf(term)]);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}

function partOf(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}

function harmonicMean(a: number, b: number): number {
  return a + b === 0 ? 0 : (2 * a * b) / (a + b);
}
