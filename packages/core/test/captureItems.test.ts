import { describe, expect, test } from 'vitest';
import { encodeCaptureItems, type CaptureItem, type Hex } from '../src/index.js';
import { channel } from './examples.js';

const r = '11'.repeat(32);
const s = '22'.repeat(32);
const receiptHash: Hex = `0x${'33'.repeat(32)}`;

function itemOf(terms: Partial<CaptureItem['channel']> = {}, signature: Hex = `0x${r}${s}1b`): CaptureItem {
  return { channel: { ...channel, ...terms }, voucher: { cumulativeUnits: 258n, receiptHash, seq: 7n }, signature };
}

const header =
  '3c44cdddb6a900fa2b585dd299e03d12fa4293bc3c44cdddb6a900fa2b585dd299e03d12fa4293bc' + // operator, channelKey
  '00000000000003e8' + // rate
  '00000000000f4240' + // burst
  '00015180' + // grace
  '01'; // capped
const item =
  '90f79bf6eb2c4f870365e785982e1f101e93b906' +
  '00000000000000028000000100000002' + // tokenId
  '000000006b49d200' + // deadline
  '5a'.repeat(32) + // salt
  '00000000000f4240' + // cap
  '0000000000000102' + // cumulativeUnits
  '33'.repeat(32) +
  '0000000000000007' + // seq
  r;

describe('encodeCaptureItems', () => {
  test('R8: packs a run of one', () => {
    expect(encodeCaptureItems([itemOf()])).toBe(`0x${header}0001${item}${s}`);
    expect(encodeCaptureItems([])).toBe('0x');
  });

  test('R8: consecutive items with equal headers share one, and no item changes its place', () => {
    const other = itemOf({ rate: 0n, mode: 'strict' });
    const otherHeader = header.replace('00000000000003e8', '0'.repeat(16)).slice(0, -2);
    expect(encodeCaptureItems([itemOf(), itemOf(), other, itemOf()])).toBe(
      `0x${header}0002${item}${s}${item}${s}${otherHeader}000001${item}${s}${header}0001${item}${s}`,
    );
  });

  test('R10: items without a signature are runs of their own, marked in the mode', () => {
    const { channel: terms, voucher } = itemOf();
    const unsignedHeader = header.replace(/01$/, '81');
    expect(encodeCaptureItems([{ channel: terms, voucher }])).toBe(`0x${unsignedHeader}0001${item.slice(0, -64)}`);
    expect(encodeCaptureItems([itemOf(), { channel: terms, voucher }, { channel: terms, voucher }, itemOf()])).toBe(
      `0x${header}0001${item}${s}${unsignedHeader}0002${item.slice(0, -64).repeat(2)}${header}0001${item}${s}`,
    );
  });

  test('R8: a run has 65,535 items at most', () => {
    const many = Array.from({ length: 65_536 }, () => itemOf());
    const packed = encodeCaptureItems(many);
    expect(packed.length).toBe(2 + 2 * (2 * 63 + 65_536 * 196));
    expect(packed.slice(2 + 122, 2 + 126)).toBe('ffff');
  });

  test('R10: takes 64 bytes, and 65 with any form of v', () => {
    const odd = `a2${s.slice(2)}`;
    expect(encodeCaptureItems([itemOf({}, `0x${r}${odd}`)])).toContain(odd);
    expect(encodeCaptureItems([itemOf({}, `0x${r}${s}1c`)])).toContain(odd);
    expect(encodeCaptureItems([itemOf({}, `0x${r}${s}01`)])).toContain(odd);
    expect(encodeCaptureItems([itemOf({}, `0x${r}${s}00`)])).toContain(s);
  });

  test('R10: refuses what is no signature', () => {
    const wrong = [`0x${r}${s}1d`, `0x${r}${'f'.repeat(64)}1b`, `0x${r}`, `0x${r}${s}1b00`] as const;
    for (const signature of wrong) {
      expect(() => encodeCaptureItems([itemOf({}, signature)])).toThrow('A signature is not one of secp256k1.');
    }
    expect(() => encodeCaptureItems([itemOf({ tokenId: 1n << 128n })])).toThrow('A number is outside of its range.');
  });
});
