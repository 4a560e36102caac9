import { describe, expect, test } from 'vitest';
import { splitSections } from '../src/splitSections.js';
import { splitSentences } from '../src/splitSentences.js';

function split(text: string) {
  const bytes = Buffer.from(text, 'utf8');
  const sections = splitSections({ path: 'a.md', cid: 'c', bytes });
  for (const { start, end, text: quoted } of sections.flatMap((section) => section.passages)) {
    expect(bytes.subarray(start, end).toString('utf8')).toBe(quoted);
  }
  return sections.map(({ headings, passages }) => [
    headings.join(' › '),
    ...passages.map(({ kind, text: quoted }) => `${kind}: ${quoted}`),
  ]);
}

describe('splitSections', () => {
  test('a heading begins a section, under the headings above it', () => {
    expect(split('# A\n\nOne.\n\n## B\n\nTwo.\n\n### C\n\nThree.\n\n## D\n\nFour.\n')).toEqual([
      ['A', 'sentence: One.'],
      ['A › B', 'sentence: Two.'],
      ['A › B › C', 'sentence: Three.'],
      ['A › D', 'sentence: Four.'],
    ]);
  });

  test('a heading keeps its own marks, without those that close it, and a byte order mark before it is none', () => {
    expect(split('\uFEFF# C#\n\nOne.\n\n## F # ##  \n\nTwo.\n\n# #\r\n\nThree.')).toEqual([
      ['C#', 'sentence: One.'],
      ['C# › F #', 'sentence: Two.'],
      ['', 'sentence: Three.'],
    ]);
  });

  test('lines of white space cost no more than others: at a cost that grows with its square it would not end in time', () => {
    const wide = ' '.repeat(400_000);
    const found = split(`# a${wide}b\n\n|${wide}${wide}b\n`);
    expect(found.map(([heading]) => heading)).toEqual([`a${wide}b`]);
  });

  test('text before the first heading stands under the path', () => {
    expect(split('No title.')).toEqual([['a.md', 'sentence: No title.']]);
  });

  test('byte ranges count bytes, not characters', () => {
    expect(split('# Ä€😀\n\nÄ first. Then 😀 “quoted.” Last €.')).toEqual([
      ['Ä€😀', 'sentence: Ä first.', 'sentence: Then 😀 “quoted.”', 'sentence: Last €.'],
    ]);
  });

  test('a byte order mark and Windows line ends do not shift ranges', () => {
    expect(split('\uFEFF\r\n# A\r\n\r\nOne. Two.\r\n')).toEqual([['A', 'sentence: One.', 'sentence: Two.']]);
  });

  test('items, rows and code are passages of their own', () => {
    expect(split('# A\n\nSee:\n\n- one\n  more\n- two. Three.\n\n| a | b |\n|---|---|\n| c | d |\n\n```sh\n# no heading\n```\n')).toEqual([
      ['A', 'sentence: See:', 'item: one\n  more', 'item: two.', 'item: Three.', 'row: a | b', 'row: c | d', 'code: ```sh\n# no heading\n```'],
    ]); // prettier-ignore
  });

  test('comments are not quoted', () => {
    expect(split('# A\n\n<!-- screen -->\n\nOne.')).toEqual([['A', 'sentence: One.']]);
  });

  test('rule numbers and abbreviations end no sentence', () => {
    expect(split('# A\n\nR5. A lock, e.g. Of units, holds. R6. It ends at 3. Really.')).toEqual([
      ['A', 'sentence: R5. A lock, e.g. Of units, holds.', 'sentence: R6. It ends at 3. Really.'],
    ]);
  });

  test('numbers that end no sentence cost no more than others: at a cost that grows with its square it would not end in time', () => {
    const numbers = '1. A '.repeat(100_000);
    expect(splitSentences(numbers, 0, numbers.length)).toHaveLength(1);
    expect(split(`# A\n\n${numbers}\n\nOne.`)).toEqual([['A', 'sentence: One.']]);
  });

  test('what is not UTF-8 is refused by name', () => {
    expect(() => splitSections({ path: 'bad.md', cid: 'c', bytes: Uint8Array.of(0x23, 0x20, 0xff) })).toThrow(
      'bad.md is not UTF-8',
    );
  });
});
