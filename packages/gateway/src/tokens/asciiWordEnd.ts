/** What follows a text's last byte: no ASCII, so that no step has to look where the text ends. */
export const endByte = 0x80;

const mark = 0;
const upper = 1;
const lower = 2;
const digit = 3;
const space = 4;
const newline = 5;
const end = 6;

const kinds = Uint8Array.from({ length: 256 }, (_, unit) => {
  if (unit >= endByte) return end;
  const character = String.fromCharCode(unit);
  if (/[A-Z]/.test(character)) return upper;
  if (/[a-z]/.test(character)) return lower;
  if (/[0-9]/.test(character)) return digit;
  if (/[\r\n]/.test(character)) return newline;
  return /\s/.test(character) ? space : mark;
});

/**
 * Where the word ends that begins at `start` of a text's ASCII bytes: o200k_base's split into words, written out for what its Unicode
 * classes hold of ASCII. As expressions, the first that matches:
 *
 *     [^\r\nA-Za-z0-9]?([A-Z]*[a-z]+|[A-Z]+[a-z]*)('([sdmt]|ll|ve|re))?   the last in either case
 *     [0-9]{1,3}
 *      ?[^\s0-9A-Za-z]+[\r\n/]*
 *     \s*[\r\n]+
 *     \s+(?!\S)
 *     \s+
 *
 * @param text ASCII, then {@link endByte}.
 */
export function asciiWordEnd(text: Uint8Array, start: number): number {
  const first = kindAt(text, start);
  const second = kindAt(text, start + 1);
  if (first === digit) {
    if (second !== digit) return start + 1;
    return kindAt(text, start + 2) === digit ? start + 3 : start + 2;
  }
  if (first === upper || first === lower) return lettersEnd(text, start);
  if (first !== newline && (second === upper || second === lower)) return lettersEnd(text, start + 1);
  if (first === mark) return marksEnd(text, start);
  if (second === mark && text[start] === 32) return marksEnd(text, start + 1);
  return spacesEnd(text, start);
}

function lettersEnd(text: Uint8Array, start: number): number {
  let at = start;
  while (kindAt(text, at) === upper) at++;
  while (kindAt(text, at) === lower) at++;
  return text[at] === 39 ? at + contractionLength(text, at) : at;
}

/** Of 's, 'd, 'm, 't, 'll, 've and 're in either case, with the apostrophe at `at`; 0 without one. */
function contractionLength(text: Uint8Array, at: number): number {
  // The bit that tells the cases of letters apart.
  const one = (text[at + 1] as number) | 32;
  if (one === 115 || one === 100 || one === 109 || one === 116) return 2;
  const two = (text[at + 2] as number) | 32;
  return (one === 108 && two === 108) || ((one === 118 || one === 114) && two === 101) ? 3 : 0;
}

function marksEnd(text: Uint8Array, start: number): number {
  let at = start;
  while (kindAt(text, at) === mark) at++;
  while (kindAt(text, at) === newline || text[at] === 47) at++;
  return at;
}

function spacesEnd(text: Uint8Array, start: number): number {
  let at = start;
  let lastNewline = -1;
  for (let kind = kindAt(text, at); kind === space || kind === newline; kind = kindAt(text, at)) {
    if (kind === newline) lastNewline = at;
    at++;
  }
  if (lastNewline >= 0) return lastNewline + 1;
  // The last space before a word is that word's.
  return kindAt(text, at) !== end && at - start > 1 ? at - 1 : at;
}

function kindAt(text: Uint8Array, at: number): number {
  return kinds[text[at] as number] as number;
}
