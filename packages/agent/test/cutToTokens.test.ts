import { expect, test } from 'vitest';
import { cutToTokens } from '../src/cutToTokens.js';

test('a long text is cut to the words that fit, and counted a few times only', () => {
  const words = Array.from({ length: 12_000 }, (_, index) => `word${index}`);
  let counted = 0;
  const count = (text: string): number => {
    counted++;
    return text === '' ? 0 : text.split(' ').length;
  };
  for (const most of [0, 1, 2, 5_000, 11_999]) {
    counted = 0;
    expect(cutToTokens(words.join(' '), most, count)).toBe(words.slice(0, most).join(' '));
    // Once whole, then by halves.
    expect(counted).toBeLessThanOrEqual(1 + Math.ceil(Math.log2(words.length)));
  }
  expect(cutToTokens(words.join(' '), 12_000, count)).toBe(words.join(' '));
});
