import { testSeed } from '@kedge/testing';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { asciiWordEnd, endByte } from '../src/tokens/asciiWordEnd.js';

const words =
  /[^\r\nA-Za-z0-9]?[A-Z]*[a-z]+(?:'(?:[sdmt]|ll|ve|re|[SDMT]|L[lL]|lL|V[eE]|vE|R[eE]|rE))?|[^\r\nA-Za-z0-9]?[A-Z]+[a-z]*(?:'(?:[sdmt]|ll|ve|re|[SDMT]|L[lL]|lL|V[eE]|vE|R[eE]|rE))?|[0-9]{1,3}| ?[^\s0-9A-Za-z]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+/g;

function split(text: string): string[] {
  const found: string[] = [];
  // What follows the end must not matter.
  const bytes = Buffer.concat([Buffer.from(text, 'latin1'), Buffer.from([endByte]), Buffer.from("'sll")]);
  for (let at = 0; at < text.length; at += found[found.length - 1]?.length ?? 1) {
    found.push(text.slice(at, asciiWordEnd(bytes, at)));
  }
  return found;
}

const units = (characters: string) => fc.string({ unit: fc.constantFrom(...characters), maxLength: 24 });
const anyAscii = Array.from({ length: 128 }, (_, unit) => String.fromCharCode(unit)).join('');

test('splits every ASCII text into the words of the expression', () => {
  const text = fc.oneof(units(anyAscii), units("aB1 '\n\r\t/.sLlVeRDmT"), units(' \n\ra'), units("'slLveEtSd5"));
  fc.assert(
    fc.property(text, (some) => {
      expect(split(some)).toEqual(some.match(words) ?? []);
    }),
    { numRuns: 5_000, seed: testSeed },
  );
});
