import { zeroAddress } from '@kedge/core';
import { expect, test } from 'vitest';
import { addressProblem, parseAddress } from '../src/actions/forms/parseAddress.js';
import { buyNote } from '../src/actions/forms/buyForm.js';
import { refundedUnits } from '../src/actions/forms/refundForm.js';
import { parseUnitsText } from '../src/actions/forms/UnitsField.js';

test('units are read exactly, with commas between thousands', () => {
  expect(parseUnitsText('1,000.5', 3, 10n ** 9n)).toEqual({ units: 1_000_500n });
  expect(parseUnitsText(' 1 ', 0, 1n)).toEqual({ units: 1n });
});

test('what cannot be meant says why; an empty field says nothing', () => {
  expect(parseUnitsText('', 3, 1n)).toEqual({ problem: undefined });
  expect(parseUnitsText('0', 3, 1n)).toEqual({ problem: 'More than 0 is needed.' });
  expect(parseUnitsText('2', 0, 1n)).toEqual({ problem: 'At most 1 unit.' });
  expect(parseUnitsText('1.0001', 3, 10n ** 9n)).toMatchObject({
    problem: expect.stringContaining('at most 3 decimals'),
  });
  expect(parseUnitsText('many', 0, 1n)).toMatchObject({ problem: expect.any(String) });
});

test('a comma that may stand for the point before decimals is asked about: 1,5 is not 15', () => {
  for (const text of ['1,5', '1.000,5', '1000,5', ',5', '1,00', '12,34,567', '1,0000'])
    expect(parseUnitsText(text, 18, 10n ** 30n), text).toEqual({ problem: expect.stringContaining('1,000.5') });
  expect(parseUnitsText('1,234,567.5', 1, 10n ** 9n)).toEqual({ units: 12_345_675n });
  for (const text of ['１２', '1e3', '-1', '0x10', '1 000', 'Infinity', '1'.repeat(10_000)])
    expect(parseUnitsText(text, 18, 10n ** 30n), text.slice(0, 20)).toMatchObject({ problem: expect.any(String) });
});

test('a purchase in an ERC-20 asset says that the wallet is asked to allow it first', () => {
  const price = { asset: zeroAddress, numerator: 1n, denominator: 1n };
  const coin = { ...price, asset: `0x${'1'.repeat(40)}` } as const;
  expect(buyNote({ price, toTokenId: undefined }, 'ETH')).not.toContain('allowed');
  expect(buyNote({ price: coin, toTokenId: undefined }, 'COIN')).toContain('take this much COIN and no more');
  expect(buyNote({ price: coin, toTokenId: 1n }, 'COIN')).toMatch(/^Two transactions: .* COIN and no more/);
});

test('units are not returned for nothing', () => {
  const token = { value: 1_000_000n, unitDecimals: 6 };
  const backing = { asset: zeroAddress, amount: 7n };
  expect(refundedUnits('0.142857', token, backing)).toMatchObject({ problem: expect.stringContaining('nothing') });
  expect(refundedUnits('0.142858', token, backing)).toEqual({ units: 142_858n });
  expect(refundedUnits('', token, backing)).toEqual({ problem: undefined });
});

test('an address is an address', () => {
  const address = '0x70997970C51812dc3A010C7d01b50e0d17dc79C8';
  expect(parseAddress(` ${address} `)).toBe(address);
  expect(parseAddress(address.toLowerCase())).toBe(address.toLowerCase());
  // The last digit but one, mistyped: its capitals tell.
  const mistyped = address.replace(/C8$/, 'C9');
  expect(parseAddress(mistyped)).toBeUndefined();
  expect(addressProblem(mistyped)).toContain('A digit or a capital is wrong');
  expect(addressProblem('0x12')).toContain('40 hexadecimal digits');
  expect(addressProblem('')).toBeUndefined();
});
