import { expect, test } from 'vitest';
import { unitPrice } from '@kedge/core';

test('the price of a unit is exact, also below the smallest unit of its asset', () => {
  expect(unitPrice({ numerator: 10n ** 12n, denominator: 1n }, 3, 18)).toBe('0.001');
  expect(unitPrice({ numerator: 5n, denominator: 1n }, 0, 0)).toBe('5');
  expect(unitPrice({ numerator: 1n, denominator: 1n }, 0, 18)).toBe('0.000000000000000001');
  expect(unitPrice({ numerator: 1n, denominator: 1_000n }, 0, 6)).toBe('0.000000001');
  expect(unitPrice({ numerator: 1n, denominator: 2n ** 64n }, 0, 18)).toBe(`0.${'0'.repeat(37)}542101086242…`);
});

test('what has more digits than are shown says so, whatever is before the point', () => {
  expect(unitPrice({ numerator: 1n, denominator: 3n }, 0, 0)).toBe('0.333333333333…');
  expect(unitPrice({ numerator: 1_999_999_999_999n, denominator: 1n }, 0, 21)).toBe('0.00000000199999999999…');
  expect(unitPrice({ numerator: 1_000_003n, denominator: 3n }, 0, 0)).toBe('333334.333333333333…');
});
