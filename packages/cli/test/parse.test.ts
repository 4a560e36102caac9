import { expect, test } from 'vitest';
import {
  parseAddress,
  parseAmount,
  parseAttestationId,
  parseChannelId,
  parseChoice,
  parseDate,
  parseDuration,
  parseInteger,
  parseMoment,
  parsePort,
  parseShare,
  parseUrl,
} from '../src/parse.js';

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
  for (const text of ['soon', '12', '2027-99-99', '2027-02-31', '2027-02-29T12:00Z'])
    expect(() => parseMoment(text, 0n, 't')).toThrow('t must be');
  expect(parseDuration('36h', 'g')).toBe(129_600n);
  expect(parseDuration('60', 'g')).toBe(60n);
});

test('a port is one that there is', () => {
  expect([parsePort('0', '--port'), parsePort('65535', '--port')]).toEqual([0, 65_535]);
  for (const text of ['65536', '99999999999999999999', '-1', 'http'])
    expect(() => parsePort(text, '--port')).toThrow('--port must be');
});

test('a date is a day of the calendar', () => {
  for (const day of ['2026-01-31', '2028-02-29']) expect(parseDate(day, '--date')).toBe(day);
  for (const text of ['2026-02-31', '2027-02-29', '2026-13-01', '2026-1-1', '2026-01-31T12:00Z', 'today', '']) {
    expect(() => parseDate(text, '--date')).toThrow(`--date must be a day of the calendar, not "${text}".`);
  }
});

test('ids, addresses and choices say what they must be', () => {
  expect(parseInteger('18446744073709551617', 'id')).toBe(18446744073709551617n);
  expect(() => parseInteger('1.5', 'id')).toThrow('id must be a whole number');
  expect(() => parseAddress('0xf39Fd6e51aad88F6F4ce6aB8827279cffFb9226', 'to')).toThrow('to must be an address');
  expect(() => parseAddress('0xF39Fd6e51aad88F6F4ce6aB8827279cffFb92266', 'to')).toThrow('checksum');
  expect(parseChannelId(`0x${'Ab'.repeat(32)}`)).toBe(`0x${'ab'.repeat(32)}`);
  expect(() => parseChannelId('0x12')).toThrow('A channel id is 0x and 64 hex digits, not "0x12".');
  expect(() => parseAttestationId('0x12', 'id')).toThrow('id must be the id of an attestation');
  expect(parseChoice('model', ['dataset', 'model', 'agent'], 'kind')).toBe('model');
  expect(() => parseChoice('thing', ['dataset', 'model', 'agent'], 'kind')).toThrow('dataset, model or agent');
});

test('numbers that no contract and no calendar holds are refused by name, not passed on', () => {
  expect(parseInteger(String(2n ** 256n - 1n), 'id')).toBe(2n ** 256n - 1n);
  expect(() => parseInteger(String(2n ** 256n), 'id')).toThrow('id must be below 2^256');
  expect(parseAmount('18446744073709551.615', 3, '--cap', 64)).toBe(2n ** 64n - 1n);
  expect(() => parseAmount('18446744073709551.616', 3, '--cap', 64)).toThrow('--cap is at most 18446744073709551.615');
  expect(() => parseAmount(String(2n ** 256n), 0, '--amount')).toThrow('--amount is at most');
  expect(parseShare('4294967295', '--share')).toBe(4_294_967_295n);
  expect(() => parseShare('4294967296', '--share')).toThrow('--share is at most 4294967295');
  expect(parseDuration('4294967295', '--grace')).toBe(4_294_967_295n);
  expect(() => parseDuration('4294967296', '--grace')).toThrow('--grace is at most 4294967295');
  expect(parseMoment('8640000000000', 0n, 't')).toBe(8_640_000_000_000n);
  for (const text of ['8640000000001', '100000000d']) {
    expect(() => parseMoment(text, 1n, '--expires')).toThrow('--expires is later than any date');
  }
});

test('a base URL is one of http or https', () => {
  expect(parseUrl('https://gateway.example/v1', '--gateway')).toBe('https://gateway.example/v1');
  for (const text of ['abc', '1:3000', 'file:///etc/passwd', 'http://', 'http:///v1', 'http://a b']) {
    expect(() => parseUrl(text, '--gateway')).toThrow('--gateway must be an http or https URL');
  }
});
