import type { TokenCount } from './textSink.js';

/** Tokens of what a model is shown of a field: a text as it is, anything else as its JSON text; 0 for none. */
export function countJson(value: unknown, count: TokenCount): number {
  if (value === undefined || value === null) return 0;
  return count(typeof value === 'string' ? value : JSON.stringify(value));
}

/**
 * Tokens and number of the inputs of requests that take one text, several, or lists of token numbers instead. One such list
 * is one input.
 *
 * @example
 * const { tokens, inputs } = countTexts(['Say', 'something'], count);
 */
export function countTexts(
  texts: string | readonly (string | number | readonly number[])[],
  count: TokenCount,
): { readonly tokens: number; readonly inputs: number } {
  if (typeof texts === 'string') return { tokens: count(texts), inputs: 1 };
  let tokens = 0;
  let inputs = 0;
  for (const text of texts) {
    if (typeof text === 'number') tokens++;
    else {
      tokens += typeof text === 'string' ? count(text) : text.length;
      inputs++;
    }
  }
  return { tokens, inputs: Math.max(1, inputs) };
}
