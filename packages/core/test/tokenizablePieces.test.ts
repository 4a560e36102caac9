import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { tokenizablePieces } from '../src/index.js';

const runs = fc.array(
  fc
    .tuple(fc.constantFrom(' ', '\n', 'a', 'é', '漢'), fc.integer({ min: 1, max: 600 }))
    .map(([unit, count]) => unit.repeat(count)),
);

it('the pieces are the text, and no piece of a cut run is longer than 256', () => {
  fc.assert(
    fc.property(runs, (parts) => {
      const text = parts.join('');
      const pieces = tokenizablePieces(text);
      expect(pieces.join('')).toBe(text);
      for (const piece of pieces) expect(piece).not.toMatch(/\S{257,}|[ \t-\r]{257,}/);
    }),
  );
});

it('a text of ordinary words stays whole', () => {
  const text = 'A kedge is a light anchor. '.repeat(100);
  expect(tokenizablePieces(text)).toEqual([text]);
  expect(tokenizablePieces('')).toEqual([]);
});
