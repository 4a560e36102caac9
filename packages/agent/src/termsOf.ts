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

/** The stems of a text's words, in order, without stop words. Names such as `requestHash` also give their parts. */
export function termsOf(text: string): string[] {
  const terms: string[] = [];
  for (const [word] of text.normalize('NFKC').matchAll(/[\p{L}\p{N}]+(?:['’_-][\p{L}\p{N}]+)*/gu)) {
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

/** The commands that a text may mean, as terms: `kedge up` is about a command though "up" says nothing. */
export function commandTermsOf(text: string): string[] {
  return [...text.toLowerCase().matchAll(/\bkedge ([a-z]+)/g)].map(([, verb]) => `kedge+${verb}`);
}

/** The groups of synonyms that a stem belongs to, as terms that no word of a text can be. */
export function conceptTermsOf(term: string): readonly string[] {
  return conceptsOf.get(term) ?? [];
}
