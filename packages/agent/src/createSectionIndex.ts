import MiniSearch from 'minisearch';
import type { Section } from './splitSections.js';
import { commandTermsOf, conceptTermsOf, termsOf } from './termsOf.js';

/** A section with how well it fits a question. */
export type RankedSection = {
  readonly section: Section;
  /** Higher is better; about 0 to 4. */
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

type Vocabulary = ReadonlySet<string>;

const synonymWeight = 0.3;
const synonymCoverage = 0.6;
const contextWeight = 0.25;
// What stands below a document's title announces; what stands below a heading answers.
const introductionWeight = 0.85;
// A title that the question says in full: "what is a voucher" asks for the section "Voucher".
const namedBonus = 0.1;
const candidates = 40;
const keep = 10;

/** Builds the search index over `sections`: BM25+ finds candidates, what they cover of the question orders them. */
export function createSectionIndex(sections: readonly Section[]): SectionIndex {
  const engine = new MiniSearch<{ id: number; title: string; place: string; body: string }>({
    fields: ['title', 'place', 'body'],
    tokenize: (text) => withConcepts(termsOf(text)),
    processTerm: (term) => term,
  });
  const entries = sections.map((section) => {
    const title = section.headings.at(-1) ?? '';
    return {
      titleTerms: [...new Set(termsOf(title))],
      whole: vocabularyOf([...section.headings, ...section.passages.map((passage) => passage.text)].join('\n')),
      passages: section.passages.map((passage) => vocabularyOf(`${title}\n${passage.text}`)),
    };
  });
  engine.addAll(
    sections.map((section, id) => ({
      id,
      title: section.headings.at(-1) ?? '',
      place: [...section.headings.slice(0, -1), section.path.replaceAll(/[/.]/g, ' ')].join(' '),
      body: section.passages.map((passage) => passage.text).join('\n'),
    })),
  );
  const frequencies = new Map<string, number>();
  for (const { whole } of entries) {
    for (const term of whole) frequencies.set(term, (frequencies.get(term) ?? 0) + 1);
  }

  /** Inverse document frequency; twice that for numbers and rule names (402, R27), which are asked for deliberately. */
  function weightOf(term: string): number {
    const frequency = frequencies.get(term) ?? 0;
    const rarity = Math.log(1 + (sections.length - frequency + 0.5) / (frequency + 0.5));
    return /\d/.test(term) ? 2 * rarity : rarity;
  }

  function covered(terms: readonly string[], vocabulary: Vocabulary): number {
    let total = 0;
    let met = 0;
    for (const term of terms) {
      const weight = weightOf(term);
      total += weight;
      if (vocabulary.has(term)) met += weight;
      else if (conceptTermsOf(term).some((concept) => vocabulary.has(concept))) met += synonymCoverage * weight;
    }
    return total === 0 ? 0 : met / total;
  }

  function search(question: string, context: readonly string[] = []): RankedSection[] {
    const terms = [
      ...new Set([...termsOf(question), ...commandTermsOf(question).filter((term) => frequencies.has(term))]),
    ];
    const boosts = queryBoosts(terms, context.flatMap(termsOf));
    if (boosts.size === 0) return [];
    const asked = new Set(withConcepts(terms));
    const hits = engine.search([...boosts.keys()].join(' '), {
      tokenize: (query) => query.split(' '),
      processTerm: (term) => term,
      boostTerm: (term) => boosts.get(term) ?? 0,
      boost: { title: 2, place: 0.8, body: 1 },
      combineWith: 'OR',
    });
    const ranked = hits.slice(0, candidates).map((hit) => {
      const { titleTerms, whole, passages } = entries[hit.id as number]!;
      const coverage = covered(terms, whole);
      const coverages = passages.map((vocabulary) => covered(terms, vocabulary));
      const title = harmonicMean(covered(terms, new Set(withConcepts(titleTerms))), covered(titleTerms, asked));
      // MiniSearch multiplies by the number of terms that hit, which counts a word and its synonyms as many.
      const relevance = Math.log1p(hit.score / hit.queryTerms.length);
      const fit =
        0.5 * relevance + coverage + 0.6 * coverages.reduce((best, each) => Math.max(best, each)) + 0.6 * title;
      const section = sections[hit.id as number]!;
      const isNamed = titleTerms.length > 0 && titleTerms.every((term) => terms.includes(term));
      const score = (section.headings.length === 1 ? introductionWeight * fit : fit) + (isNamed ? namedBonus : 0);
      const matched = terms.filter((term) => covered([term], whole) > 0).length;
      return {
        section,
        score,
        coverage,
        matched,
        asked: terms.length,
        passages: coverages,
      };
    });
    return ranked.toSorted((a, b) => b.score - a.score).slice(0, keep);
  }

  return { search };
}

function queryBoosts(terms: readonly string[], contextTerms: readonly string[]): Map<string, number> {
  const boosts = new Map<string, number>();
  const raise = (term: string, boost: number): void => {
    boosts.set(term, Math.max(boosts.get(term) ?? 0, boost));
  };
  for (const [list, boost] of [
    [terms, 1],
    [contextTerms, contextWeight],
  ] as const) {
    for (const term of list) {
      raise(term, boost);
      for (const concept of conceptTermsOf(term)) raise(concept, boost * synonymWeight);
    }
  }
  return boosts;
}

function withConcepts(terms: readonly string[]): string[] {
  return terms.flatMap((term) => [term, ...conceptTermsOf(term)]);
}

function vocabularyOf(text: string): Vocabulary {
  return new Set(withConcepts(termsOf(text)));
}

function harmonicMean(a: number, b: number): number {
  return a + b === 0 ? 0 : (2 * a * b) / (a + b);
}
