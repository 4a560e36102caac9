import { expect, test } from 'vitest';
import { textOf } from '../ponder/src/api/textOf.js';

test.each([
  ['a name', 'a name'],
  [{ en: 'first', de: 'second' }, 'first'],
  [['MIT', 'Apache-2.0'], 'MIT'],
  ['x'.repeat(3_000), 'x'.repeat(2_000)],
  // Of these nobody would see anything, so a class is called by its number.
  ['', null],
  [' \n\u00a0', null],
  ['\u200b\u202e', null],
  [7, null],
  [null, null],
])('of %j in metadata the text is %j', (value, text) => {
  expect(textOf(value)).toBe(text);
});
