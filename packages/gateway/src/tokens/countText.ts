import { countTokens } from 'gpt-tokenizer/encoding/o200k_base';

// Text that looks like a special token is counted as the plain text it is.
const plainText = { disallowedSpecial: new Set<string>() };
const longestRun = 256;
const rememberedWords = 50_000;
const longestRemembered = 32;

/**
 * Tokens of a text in o200k_base. Runs of more than 256 characters without (or of nothing but) ASCII white space are counted
 * in pieces of 256 characters: byte-pair merging is quadratic in a run's length, and one such run must not stop the gateway.
 */
export function countText(text: string): number {
  if (text.length <= longestRun) return countPiece(text);
  let count = 0;
  let counted = 0;
  let start = 0;
  let wasSpace = isSpace(text.charCodeAt(0));
  for (let at = 1; at <= text.length; at++) {
    const space = at < text.length ? isSpace(text.charCodeAt(at)) : !wasSpace;
    if (space === wasSpace) continue;
    if (at - start > longestRun) {
      if (start > counted) count += countPiece(text.slice(counted, start));
      for (let piece = start; piece < at; piece += longestRun) {
        count += countPiece(text.slice(piece, Math.min(piece + longestRun, at)));
      }
      counted = at;
    }
    start = at;
    wasSpace = space;
  }
  if (counted === text.length) return count;
  return count + countPiece(counted === 0 ? text : text.slice(counted));
}

// o200k_base's own split into words, with its Unicode classes reduced to what they hold of ASCII: several times as fast, and
// the same words for ASCII text.
const asciiOnly = /^[\0-\x7f]*$/;
const asciiWords =
  /[^\r\nA-Za-z0-9]?[A-Z]*[a-z]+(?:'(?:[sdmt]|ll|ve|re|[SDMT]|L[lL]|lL|V[eE]|vE|R[eE]|rE))?|[^\r\nA-Za-z0-9]?[A-Z]+[a-z]*(?:'(?:[sdmt]|ll|ve|re|[SDMT]|L[lL]|lL|V[eE]|vE|R[eE]|rE))?|[0-9]{1,3}| ?[^\s0-9A-Za-z]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+/g;
const tokensOfWord = new Map<string, number>();

function countPiece(text: string): number {
  if (text === '') return 0;
  if (!asciiOnly.test(text)) return countTokens(text, plainText);
  let count = 0;
  for (const word of text.match(asciiWords) ?? []) {
    const known = tokensOfWord.get(word);
    count += known ?? countWord(word);
  }
  return count;
}

function countWord(word: string): number {
  const count = countTokens(word, plainText);
  if (word.length <= longestRemembered) {
    if (tokensOfWord.size >= rememberedWords) tokensOfWord.clear();
    tokensOfWord.set(word, count);
  }
  return count;
}

function isSpace(unit: number): boolean {
  return unit === 32 || (unit >= 9 && unit <= 13);
}
