import { countText } from '../tokens/countText.js';

/** Tokens of what a model is shown of a field: a text as it is, anything else as its JSON text; 0 for none. */
export function countJson(value: unknown): number {
  if (value === undefined || value === null) return 0;
  return countText(typeof value === 'string' ? value : JSON.stringify(value));
}
