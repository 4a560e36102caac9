import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { tokenizer } from '@kedge/core';
import { testSeed } from '@kedge/testing';
import { array, assert, constantFrom, oneof, pre, property, string } from 'fast-check';
import { countTokens } from 'gpt-tokenizer/encoding/o200k_base';
import { expect, test } from 'vitest';
import { countText, tokenizerPin } from '../src/index.js';

const packageFolder = dirname(createRequire(import.meta.url).resolve('gpt-tokenizer/package.json'));

test("the pin, which policies are made with, is the package's name and version and the hash of the published vocabulary file", () => {
  const { name, version } = JSON.parse(readFileSync(join(packageFolder, 'package.json'), 'utf8'));
  const file = readFileSync(join(packageFolder, 'data/o200k_base.tiktoken'));
  expect(tokenizerPin()).toEqual(tokenizer);
  expect(tokenizerPin()).toEqual({
    encoding: 'o200k_base',
    package: `${name}@${version}`,
    vocabularySha256: `0x${createHash('sha256').update(file).digest('hex')}`,
  });
});

test('text is counted in o200k_base; what looks like a special token is plain text', () => {
  expect(countText('')).toBe(0);
  expect(countText('Hello there, how are you?')).toBe(7);
  expect(countText('<|endoftext|>')).toBeGreaterThan(1);
  expect(countText('\ud800')).toBeGreaterThan(0);
});

test('a long run without spaces is counted in pieces of 256: time grows with its length, not with its square', () => {
  const piece = Array.from({ length: 256 }, (_, index) => 'abcdefghij'[(index * 7) % 10]).join('');
  expect(countText(piece.repeat(40))).toBe(countText(piece) * 40);
  expect(countText(`two words ${piece.repeat(2)} and after`)).toBe(
    countText('two words ') + 2 * countText(piece) + countText(' and after'),
  );
});

test('ASCII text counts as the tokenizer itself counts it, whatever it is made of', () => {
  const pieces = constantFrom(
    'a',
    'B',
    'the',
    ' The',
    'Hello',
    'HELLO',
    "'s",
    "'LL",
    "'lL",
    "'Re",
    "don't",
    "I'VE",
    '1',
    '2024',
    '12345',
    ' ',
    '  ',
    '\n',
    '\r\n',
    '\t',
    '\v',
    '\f',
    ' \n ',
    '.',
    '...',
    '!?',
    '/',
    '//\n',
    '(',
    '{"a":1}',
    '\0',
    '_',
    '-',
    '$',
    '@x',
    '<|endoftext|>',
  );
  const texts = oneof(
    array(pieces, { maxLength: 60 }).map((parts) => parts.join('')),
    string({ unit: 'binary-ascii', maxLength: 200 }),
    string({ unit: 'grapheme', maxLength: 60 }),
  );
  assert(
    property(texts, (sample) => {
      pre(!/\S{257,}|\s{257,}/.test(sample));
      expect(countText(sample)).toBe(sample === '' ? 0 : countTokens(sample, { disallowedSpecial: new Set() }));
    }),
    { numRuns: 2_000, seed: testSeed },
  );
});
