import { stem } from './stem.js';
import { stopWords } from './stopWords.js';
import { synonyms } from './synonyms.js';

const conceptsOf = new Map<string, string[]>();
for (const [index, group] of synonyms.entries()) {
  for (const word of group.split(' ')) {
    const key = stem(word);
    const concepts = conceptsOf.get(key) ?? [];
    if (!concepts.includes(`=${index}`)) conceptsOf.set(key, [...concepts, `=${index}`]);
  }
}

/** Scripts that put no spaces between words. */
const unspaced =
  /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}][\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}\p{M}ー]*/gu;

/**
 * The stems of a text's words, in order, without stop words. Names such as `requestHash` also give their parts. Where a script
 * puts no spaces between words, every two neighbouring characters are a term.
 */
export function termsOf(text: string): string[] {
  const terms: string[] = [];
  const normal = text.normalize('NFKC');
  for (const [run] of normal.matchAll(unspaced)) terms.push(...twos(run));
  for (const [word] of normal.replaceAll(unspaced, ' ').matchAll(/[\p{L}\p{N}]+(?:['’_-][\p{L}\p{N}]+)*/gu)) {
    const lower = word.toLowerCase().replaceAll('’', "'").replace(/'s$/, '');
    const parts = word.split(/[-_'’]|(?<=\p{Ll})(?=\p{Lu}\p{Ll})/u).map((part) => part.toLowerCase());
    const whole = lower.replace(/n't$/, '').replaceAll(/['_-]/g, '');
    for (const part of parts.length > 1 && !lower.includes("'") ? [whole, ...parts] : [whole]) {
      if (part.length > 1 && !stopWords.has(part)) terms.push(stem(part));
    }
  }
  for (const [code] of text.matchAll(/(?<=`|^)kedge [a-z]+/gm)) terms.push(...commandTermsOf(code));
  return terms;
}

/** Whether a term is of a script that puts no spaces between words. */
export function isUnspaced(term: string): boolean {
  return term.search(unspaced) === 0;
}

function twos(run: string): string[] {
  const characters = [...run];
  return characters.length < 2 ? characters : characters.slice(1).map((each, at) => `${characters[at]}${each}`);
}

/** The commands that a text may mean, as terms: `kedge up` is about a command though "up" says nothing. */
export function commandTermsOf(text: string): string[] {
  return [...text.toLowerCase().matchAll(/\bkedge ([a-z]+)/g)].map(([, verb]) => `kedge+${verb}`);
}

/** The groups of synonyms that a stem belongs to, as terms that no word of a text can be. */
export function conceptTermsOf(term: string): readonly string[] {
  return conceptsOf.get(term) ?? [];
}

/** The pairs of different terms among `of` that stand at most `distance` apart, whichever comes first. */
export function pairsOf(terms: readonly string[], distance: number, of: ReadonlySet<string>): string[] {
  const pairs: string[] = [];
  for (let at = 0; at < terms.length; at++) {
    const one = terms[at]!;
    if (!of.has(one)) continue;
    for (let next = at + 1; next <= at + distance && next < terms.length; next++) {
      const other = terms[next]!;
      if (other !== one && of.has(other)) pairs.push(one < other ? `${one} ${other}` : `${other} ${one}`);
    }
  }
  return pairs;
}
