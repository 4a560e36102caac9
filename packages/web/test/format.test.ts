import { expect, onTestFinished, test, vi } from 'vitest';
import { lastDays } from '../src/charts/lastDays.js';
import { costUp, licenceText, priceFigure } from '../src/data/priceText.js';
import { tokenText } from '../src/data/tokenText.js';
import {
  allDigits,
  grouped,
  shorten,
  unitsText,
  showAge,
  showAmount,
  showBps,
  showBytes,
  showDay,
  showFigure,
  showMoment,
  showPart,
  showUnits,
} from '../src/ui/format.js';

test('amounts are cut, never rounded up: nobody is shown more than there is', () => {
  expect(showAmount(1_999_999_999_999_999_999n, 18)).toBe('1.999999');
  expect(showAmount(1_500_000n, 6)).toBe('1.5');
  expect(showAmount(0n, 18)).toBe('0');
  expect(showAmount(1n, 18)).toBe('<0.000001');
  expect(showAmount(1n, 18, allDigits)).toBe('0.000000000000000001');
  expect(showAmount(10n ** 24n + 1n, 24, allDigits)).toBe('1.000000000000000000000001');
  expect(showAmount(1_234_567_000_000n, 6)).toBe('1,234,567');
});

test('a figure of a chart has four digits, and is a power of ten where it is very small', () => {
  expect(showFigure(0.000_25)).toBe('0.00025');
  expect(showFigure(1.234_56)).toBe('1.235');
  expect(showFigure(1e-18)).toBe('1E-18');
  expect(showFigure(0)).toBe('0');
});

test('a figure is written as amounts are, whatever the language of the browser: 1.234 is no thousand', () => {
  const own = Number.prototype.toLocaleString;
  const german = vi.spyOn(Number.prototype, 'toLocaleString').mockImplementation(function (
    this: number,
    language = 'de',
    options,
  ) {
    return own.call(this, language, options);
  });
  onTestFinished(() => german.mockRestore());
  expect(showFigure(1.234)).toBe('1.234');
  expect(showFigure(1_234)).toBe('1,234');
});

test('a moment that no date has is none that is invalid', () => {
  expect(showMoment(2n ** 64n - 1n)).toBe('after the year 275,760');
  expect(showMoment(8_640_000_000_000)).toContain('275760');
  expect(showDay(2n ** 64n - 1n)).toBe('after the year 275,760');
  expect(showDay(1_800_000_000n)).toContain('2027');
});

test('units are exact', () => {
  expect(showUnits(1_234_567_891n, 3)).toBe('1,234,567.891');
  expect(grouped('999')).toBe('999');
});

test('parts, basis points, sizes and ages', () => {
  expect(showPart(1n, 3n)).toBe('33.3 %');
  expect(showPart(1n, 0n)).toBe('0 %');
  expect(showPart(0n, 10_000n)).toBe('0 %');
  expect(showPart(1n, 10_000n)).toBe('<0.1 %');
  expect(showPart(9_999n, 10_000n)).toBe('99.9 %');
  expect(showBps(3_050)).toBe('30.5 %');
  expect(showBytes(1_536)).toBe('1.5 KiB');
  expect(showAge(1_000, 1_090_000)).toBe('1 min ago');
  expect(showAge(2_000, 1_090_000)).toBe('0 s ago');
});

test('hashes and addresses of documents are shortened, what is short is not', () => {
  expect(shorten(`0x${'ab'.repeat(20)}`)).toBe('0xabab…abab');
  expect(shorten('ipfs://bafkreihehgxho5vzgo564')).toBe('ipfs://bafkre…o564');
  expect(shorten('0x1234')).toBe('0x1234');
});

test('units are counted with their word, one of them, too', () => {
  expect(unitsText(1_000n, 3)).toBe('1 unit');
  expect(unitsText(1n, 3)).toBe('0.001 units');
  expect(unitsText(1_000_000n, 3)).toBe('1,000 units');
});

test('what value costs is rounded up, as by the contract', () => {
  const price = { asset: `0x${'0'.repeat(40)}`, numerator: 10n, denominator: 3n } as const;
  expect(costUp(price, 1n)).toBe(4n);
  expect(costUp(price, 3n)).toBe(10n);
});

test('a price is shown whole, however small it is', () => {
  const price = { asset: `0x${'1'.repeat(40)}`, numerator: 1_999n, denominator: 1_000_000n } as const;
  expect(priceFigure(price, 3, 6)).toBe('0.000001999');
  expect(priceFigure(price, 0, 6)).toBe('0.000000001999');
  expect(priceFigure({ ...price, denominator: 1n }, 9, 6)).toBe('1,999,000');
});

test('a token is named by class, lot and number; the lots with backing are marked', () => {
  expect(tokenText((2n << 64n) | (0x8000_0001n << 32n) | 7n)).toBe('2.1b.7');
  expect(tokenText((2n << 64n) | (1n << 32n) | 7n)).toBe('2.1.7');
});

test('a licence is written as its identifier', () => {
  expect(licenceText('https://spdx.org/licenses/CC-BY-4.0.html')).toBe('CC-BY-4.0');
  expect(licenceText('MIT')).toBe('MIT');
  expect(licenceText(null)).toBe('Not stated');
  expect(licenceText('NOASSERTION')).toBe('Not stated');
});

test('a chart shows a week at least and thirty days at most, up to today', () => {
  const now = Date.parse('2026-11-21T12:00:00Z');
  expect(lastDays([], now)).toHaveLength(7);
  expect(lastDays(['2026-11-21'], now).at(0)).toBe('2026-11-15');
  expect(lastDays(['2026-11-10'], now).at(0)).toBe('2026-11-10');
  const long = lastDays(['2025-01-01'], now);
  expect([long.length, long.at(0), long.at(-1)]).toEqual([30, '2026-10-23', '2026-11-21']);
});
