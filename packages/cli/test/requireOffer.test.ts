import { expect, test } from 'vitest';
import { requireOffer } from '../src/chain/requireOffer.js';

const listing = { open: true, supply: 899_999_999_992n, expireAt: 0n };
const lot = { classId: 4n, lot: 0x80000001, listing, price: { numerator: 7n, denominator: 1_000_000n } };
const wanted = { unitDecimals: 6, asset: { name: 'USDC', decimals: 6 }, maxCost: undefined };

test('what the market has is left to be bought', () => {
  expect(() => requireOffer(lot, { ...wanted, units: 899_999_999_992n })).not.toThrow();
  expect(() => requireOffer(lot, { ...wanted, units: 10_000_000n, maxCost: 70n })).not.toThrow();
});

test('what it has not is refused in the units that were typed', () => {
  expect(() => requireOffer(lot, { ...wanted, units: 1_000_001_000_000n })).toThrow(
    'Lot 1 of class 4 has 899,999.999992 units left, and 1,000,001 units were asked for.',
  );
  expect(() => requireOffer(lot, { ...wanted, units: 10_000_001n, maxCost: 70n })).toThrow(
    '0.000071 USDC for 10.000001 units is above the limit of 0.00007 USDC.',
  );
});

test('what is sold elsewhere than at the market is left to the contracts', () => {
  const closed = { ...lot, listing: { ...listing, open: false } };
  expect(() => requireOffer(closed, { ...wanted, units: 2n ** 63n, maxCost: 0n })).not.toThrow();
});

test('what a plan does not sell is refused in the units that were typed, with the lot that is sold now', () => {
  const plan = {
    ...listing,
    expireAt: 0n,
    minUnits: 5_000_000n,
    exact: false,
    duration: 0,
    currentLot: lot.lot,
    currentOpen: true,
  };
  const asked = (change: object, units: bigint) => () =>
    requireOffer({ ...lot, plan: { ...plan, ...change } }, { ...wanted, units });
  expect(asked({}, 6_000_000n)).not.toThrow();
  expect(asked({}, 4_000_000n)).toThrow('Lot 1 of class 4 sells 5 units at least, and 4 units were asked for.');
  expect(asked({ exact: true }, 6_000_000n)).toThrow(
    'Lot 1 of class 4 sells 5 units exactly, and 6 units were asked for.',
  );
  expect(asked({ currentLot: 0x80000003 }, 6_000_000n)).toThrow(
    'Lot 1 of class 4 is a step whose turn comes later: lot 3 is sold now.',
  );
});
