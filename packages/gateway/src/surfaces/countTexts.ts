import { countText } from '../tokens/countText.js';

/** Tokens and number of the inputs of requests that take one text, several, or lists of token numbers instead. */
export function countTexts(texts: string | readonly (string | number | readonly number[])[]): {
  readonly tokens: number;
  readonly inputs: number;
} {
  if (typeof texts === 'string') return { tokens: countText(texts), inputs: 1 };
  let tokens = 0;
  let inputs = 0;
  for (const text of texts) {
    if (typeof text === 'number') tokens++;
    else {
      tokens += typeof text === 'string' ? countText(text) : text.length;
      inputs++;
    }
  }
  return { tokens, inputs: Math.max(1, inputs) };
}
