import { createElement } from 'react';
import { expect, test } from 'vitest';
import { SameChain } from '../src/app/SameChain.js';
import { markupOf } from './markupOf.js';

const pageWith = (...known: readonly number[]) =>
  markupOf(
    createElement(SameChain, null, 'the page'),
    known.map((chainId) => [['indexer-chain'], chainId] as const),
  );

test('figures of an indexer of another chain are not shown beside those of this one', () => {
  expect(pageWith()).toBe('the page');
  expect(pageWith(31337)).toBe('the page');
  const refused = pageWith(8453);
  expect(refused).toContain('The indexer follows chain 8453, and this page reads chain 31337.');
  expect(refused).not.toContain('the page<');
  expect(refused).toContain('config.json');
});
