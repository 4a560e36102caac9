import { utf8, type IndexedVerdict } from '@kedge/core';
import { keccak256 } from 'viem';
import { describe, expect, test } from 'vitest';
import { checkStatement, countOutcomes, placeOf } from '../src/pages/class/statements.js';

const hashOf = (text: string) => keccak256(utf8(text));

describe('a statement', () => {
  test('P31: is what was attested only byte for byte', () => {
    const text = 'Under MIT.\n';
    expect(checkStatement(utf8(text), hashOf(text))).toEqual({ isSame: true, hash: hashOf(text), text });
    expect(checkStatement(utf8('Under MIT.'), hashOf(text))).toMatchObject({
      isSame: false,
      hash: hashOf('Under MIT.'),
    });
  });

  test('shows JSON in lines, and nothing of what is no text, no JSON after all, or too long', () => {
    expect(checkStatement(utf8('{"licence":"MIT"}'), hashOf('')).text).toBe('{\n  "licence": "MIT"\n}');
    expect(checkStatement(new Uint8Array([0xff, 0xfe]), hashOf(''))).not.toHaveProperty('text');
    expect(checkStatement(utf8('{broken'), hashOf('{broken'))).toEqual({ isSame: true, hash: hashOf('{broken') });
    expect(checkStatement(utf8('a'.repeat(20_001)), hashOf(''))).not.toHaveProperty('text');
  });

  test('is read from the content store, linked on the web, and else left alone', () => {
    expect(placeOf('ipfs://bafkreia', '/ipfs')).toEqual({ kind: 'store', href: '/ipfs/bafkreia' });
    expect(placeOf('ipfs://bafkreia', undefined)).toBeUndefined();
    expect(placeOf('https://example.org/a', '/ipfs')).toEqual({ kind: 'web', href: 'https://example.org/a' });
    for (const uri of ['', 'javascript:alert(1)', 'data:text/html,x', 'ipfs://../config.json', '/config.json']) {
      expect(placeOf(uri, '/ipfs'), uri).toBeUndefined();
    }
  });
});

test('P31: of each verifier the last verdict counts, while it is valid', () => {
  const verdict = (outcome: IndexedVerdict['outcome'], isLast: boolean, state: IndexedVerdict['state']) =>
    ({ outcome, isLast, state }) as IndexedVerdict;
  const verdicts = [
    verdict('confirmed', true, 'valid'),
    verdict('confirmed', true, 'revoked'),
    verdict('refuted', false, 'valid'),
    verdict('refuted', true, 'valid'),
    verdict('undecided', true, 'valid'),
    verdict('confirmed', true, 'expired'),
  ];
  expect(countOutcomes(verdicts)).toEqual({ confirmed: 1, refuted: 1, undecided: 1 });
});
