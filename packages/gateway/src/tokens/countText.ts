import { tokenizablePieces } from '@kedge/core';
import { countTokens } from 'gpt-tokenizer/encoding/o200k_base';
import { asciiWordEnd, endByte } from './asciiWordEnd.js';

// Text that looks like a special token is counted as the plain text it is.
const plainText = { disallowedSpecial: new Set<string>() };
// No more tokens than a byte holds.
const longestRemembered = 32;

/** Tokens of a text in o200k_base, counted in pieces so that no text stops the gateway. */
export function countText(text: string): number {
  let count = 0;
  for (const piece of tokenizablePieces(text)) count += countPiece(piece);
  return count;
}

function countPiece(text: string): number {
  // Only ASCII has as many bytes of UTF-8 as UTF-16 units.
  return Buffer.byteLength(text) === text.length ? countAscii(text) : countTokens(text, plainText);
}

// Words come again and again: what each has is kept in the place that its hash gives it, until another word takes the place.
const places = 1 << 14;
const wordBytes = new Uint8Array(places * longestRemembered);
const wordLengths = new Uint8Array(places);
const wordTokens = new Uint8Array(places);
const scratch = Buffer.allocUnsafeSlow(64 * 1024);

function countAscii(text: string): number {
  const { length } = text;
  const bytes = length < scratch.length ? scratch : Buffer.allocUnsafeSlow(length + 1);
  bytes.write(text, 'latin1');
  bytes[length] = endByte;
  let count = 0;
  for (let start = 0; start < length;) {
    const end = asciiWordEnd(bytes, start);
    count +=
      end - start > longestRemembered ? countTokens(text.slice(start, end), plainText) : countWord(bytes, start, end);
    start = end;
  }
  return count;
}

function countWord(bytes: Buffer, start: number, end: number): number {
  const length = end - start;
  let hash = length;
  for (let at = start; at < end; at++) hash = (Math.imul(hash, 31) + (bytes[at] as number)) | 0;
  const place = (hash ^ (hash >>> 16)) & (places - 1);
  const base = place * longestRemembered - start;
  let isKnown = wordLengths[place] === length;
  for (let at = start; isKnown && at < end; at++) isKnown = wordBytes[base + at] === bytes[at];
  if (isKnown) return wordTokens[place] as number;
  const tokens = countTokens(bytes.toString('latin1', start, end), plainText);
  for (let at = start; at < end; at++) wordBytes[base + at] = bytes[at] as number;
  wordLengths[place] = length;
  wordTokens[place] = tokens;
  return tokens;
}
