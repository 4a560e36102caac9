import { countTokens } from 'gpt-tokenizer/encoding/o200k_base';

// Text that looks like a special token is counted as the plain text it is.
const plainText = { disallowedSpecial: new Set<string>() };
const longestRun = 256;
const longRun = new RegExp(`\\S{${longestRun + 1},}|\\s{${longestRun + 1},}`, 'g');

/**
 * Tokens of a text in o200k_base. Runs of more than 256 characters without (or of nothing but) white space are counted in
 * pieces of 256 characters: byte-pair merging is quadratic in a run's length, and one such run must not stop the gateway.
 */
export function countText(text: string): number {
  if (text.length <= longestRun) return text === '' ? 0 : countTokens(text, plainText);
  let count = 0;
  let from = 0;
  for (const { 0: run, index } of text.matchAll(longRun)) {
    if (index > from) count += countTokens(text.slice(from, index), plainText);
    for (let at = 0; at < run.length; at += longestRun) count += countTokens(run.slice(at, at + longestRun), plainText);
    from = index + run.length;
  }
  return from < text.length ? count + countTokens(from === 0 ? text : text.slice(from), plainText) : count;
}
