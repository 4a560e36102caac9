import { countTokens } from 'gpt-tokenizer/encoding/o200k_base';
import { asciiWordEnd } from './asciiWordEnd.js';

// Text that looks like a special token is counted as the plain text it is.
const plainText = { disallowedSpecial: new Set<string>() };
const longestRun = 256;
// No more tokens than a byte holds.
const longestRemembered = 32;

/**
 * Tokens of a text in o200k_base. Runs of more than 256 characters without (or of nothing but) ASCII white space are counted
 * in pieces of 256 characters: byte-pair merging is quadratic in a run's length, and one such run must not stop the gateway.
 */
export function countText(text: string): number {
  if (text.length <= longestRun || !mayHaveLongRun(text)) return countPiece(text);
  let count = 0;
  let counted = 0;
  let start = 0;
  let wasSpace = isSpace(text.charCodeAt(0));
  for (let at = 1; at <= text.length; at++) {
    const space = at < text.length ? isSpace(text.charCodeAt(at)) : !wasSpace;
    if (space === wasSpace) continue;
    if (at - start > longestRun) {
      if (start > counted) count += countPiece(text.slice(counted, start));
      for (let piece = start; piece < at; piece += longestRun) {
        count += countPiece(text.slice(piece, Math.min(piece + longestRun, at)));
      }
      counted = at;
    }
    start = at;
    wasSpace = space;
  }
  if (counted === text.length) return count;
  return count + countPiece(counted === 0 ? text : text.slice(counted));
}

/** A run that is too long fills a whole block of half that length, wherever it begins; most blocks show both within a word. */
function mayHaveLongRun(text: string): boolean {
  const block = longestRun / 2;
  for (let start = 0; start + block <= text.length; start += block) {
    const begins = isSpace(text.charCodeAt(start));
    let at = start + 1;
    while (at < start + block && isSpace(text.charCodeAt(at)) === begins) at++;
    if (at === start + block) return true;
  }
  return false;
}

function countPiece(text: string): number {
  if (text === '') return 0;
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
  const bytes = text.length <= scratch.length ? scratch.subarray(0, text.length) : Buffer.allocUnsafeSlow(text.length);
  bytes.write(text, 'latin1');
  let count = 0;
  for (let start = 0; start < bytes.length;) {
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

function isSpace(unit: number): boolean {
  return unit === 32 || (unit >= 9 && unit <= 13);
}
