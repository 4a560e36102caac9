import { expect, test } from 'vitest';
import { wavSeconds } from '../src/index.js';

const chunk = (id: string, content: Uint8Array): Uint8Array => {
  const head = new DataView(new ArrayBuffer(8));
  [...id].forEach((letter, at) => head.setUint8(at, letter.charCodeAt(0)));
  head.setUint32(4, content.length, true);
  return join(new Uint8Array(head.buffer), content);
};
const join = (...parts: readonly Uint8Array[]): Uint8Array => Uint8Array.from(parts.flatMap((part) => [...part]));
const bytes = (hex: string): Uint8Array => Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));

/** One channel of 8 bits. */
const format = (tag: number, samplesPerSecond: number, more = ''): Uint8Array => {
  const head = new DataView(new ArrayBuffer(16));
  head.setUint16(0, tag, true);
  head.setUint16(2, 1, true);
  head.setUint32(4, samplesPerSecond, true);
  head.setUint32(8, samplesPerSecond, true);
  head.setUint16(12, 1, true);
  head.setUint16(14, 8, true);
  return chunk('fmt ', join(new Uint8Array(head.buffer), bytes(more)));
};
/** What follows of an extensible format: its size, valid bits, the speakers, and what the samples are. */
const extension = (subFormat: string): string => `1600080004000000${subFormat}`;
const family = '00000000001000800000aa00389b71';
const wave = (...formats: readonly Uint8Array[]): Uint8Array =>
  chunk('RIFF', join(new TextEncoder().encode('WAVE'), ...formats, chunk('data', new Uint8Array(16_000))));

test('the seconds of PCM and of extensible PCM or floating point are told', () => {
  expect(wavSeconds(wave(format(1, 8_000)))).toBe(2);
  expect(wavSeconds(wave(chunk('LIST', new Uint8Array(3)), new Uint8Array(1), format(1, 8_000)))).toBe(2);
  expect(wavSeconds(wave(format(0xfffe, 8_000, extension(`01${family}`))))).toBe(2);
  expect(wavSeconds(wave(format(0xfffe, 8_000, extension(`03${family}`))))).toBe(2);
});

test('a file that names its format twice is not one of which the seconds are known', () => {
  expect(wavSeconds(wave(format(1, 8_000), format(1, 192_000)))).toBeUndefined();
  expect(wavSeconds(wave(format(1, 8_000), format(85, 192_000)))).toBeUndefined();
});

test('an extensible file of compressed samples, or that does not say of which, is none either', () => {
  // MP3, ADPCM, another family, and cut off.
  for (const subFormat of [
    `55${family}`,
    `02${family}`,
    `01${family.replace('aa', 'ab')}`,
    `01${family}`.slice(0, -2),
    '',
  ]) {
    expect(wavSeconds(wave(format(0xfffe, 8_000, extension(subFormat)))), subFormat).toBeUndefined();
  }
  expect(wavSeconds(wave(format(0xfffe, 8_000)))).toBeUndefined();
});

test('a file of millions of empty chunks is looked through at once: it must not stop a server', () => {
  const file = new Uint8Array(32 * 1024 * 1024);
  file.set(wave().subarray(0, 12));
  const took = [1, 2, 3].map(() => {
    const start = performance.now();
    expect(wavSeconds(file)).toBeUndefined();
    return performance.now() - start;
  });
  expect(Math.min(...took)).toBeLessThan(300);
});
