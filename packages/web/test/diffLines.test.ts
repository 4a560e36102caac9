import { testSeed } from '@kedge/testing';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { diffLines } from '../src/pages/class/diffLines.js';

const text = fc
  .array(fc.constantFrom('a', 'b', 'c', ''), { minLength: 1, maxLength: 12 })
  .map((lines) => lines.join('\n'));

test('what is kept and removed is the old text, what is kept and added is the new one', () => {
  fc.assert(
    fc.property(text, text, (before, after) => {
      const lines = diffLines(before, after)!;
      const of = (other: string) => lines.filter(({ kind }) => kind !== other).map((line) => line.text);
      expect(of('added').join('\n')).toBe(before);
      expect(of('removed').join('\n')).toBe(after);
    }),
    { seed: testSeed },
  );
});

test('equal texts have no change, and one changed line is one removed and one added', () => {
  expect(diffLines('a\nb', 'a\nb')!.every(({ kind }) => kind === 'same')).toBe(true);
  expect(diffLines('a\nb\nc', 'a\nx\nc')!.map(({ kind }) => kind)).toEqual(['same', 'removed', 'added', 'same']);
});

test('texts of half a million lines, which anybody may publish, are not compared', () => {
  expect(diffLines('1\n'.repeat(500_000), '2\n'.repeat(500_000))).toBeUndefined();
});
