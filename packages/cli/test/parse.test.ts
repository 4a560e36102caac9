import { expect, test } from 'vitest';
import { parseAddress, parseAmount, parseChoice, parseDuration, parseInteger, parseMoment } from '../src/parse.js';

test('amounts are exact, and one decimal too many is refused', () => {
  expect(parseAmount('1000', 3, 'units')).toBe(1_000_000n);
  expect(parseAmount('0.001', 3, 'units')).toBe(1n);
  for (const text of ['0.0001', '-1', '1e3', '', '1,5', 'x'])
    expect(() => parseAmount(text, 3, 'units')).toThrow('units');
});

test('moments are durations from now, dates or Unix seconds', () => {
  expect(parseMoment('30d', 1_000n, 't')).toBe(2_593_000n);
  expect(parseMoment('2027-01-31', 0n, 't')).toBe(BigInt(Date.parse('2027-01-31') / 1000));
  expect(parseMoment('1800000000', 0n, 't')).toBe(1_800_000_000n);
  for (const text of ['soon', '12', '2027-99-99']) expect(() => parseMoment(text, 0n, 't')).toThrow('t must be');
  expect(parseDuration('36h', 'g')).toBe(129_600n);
  expect(parseDuration('60', 'g')).toBe(60n);
});

test('ids, addresses and choices say what they must be', () => {
  expect(parseInteger('18446744073709551617', 'id')).toBe(18446744073709551617n);
  expect(() => parseInteger('1.5', 'id')).toThrow('id must be a whole number');
  expect(() => parseAddress('0xf39Fd6e51aad88F6F4ce6aB8827279cffFb9226', 'to')).toThrow('to must be an address');
  expect(() => parseAddress('0xF39Fd6e51aad88F6F4ce6aB8827279cffFb92266', 'to')).toThrow('checksum');
  expect(parseChoice('model', ['dataset', 'model', 'agent'], 'kind')).toBe('model');
  expect(() => parseChoice('thing', ['dataset', 'model', 'agent'], 'kind')).toThrow('dataset, model or agent');
});
