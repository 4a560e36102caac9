/** Half-open range of UTF-16 positions in a text. */
export type TextRange = { readonly start: number; readonly end: number };

const sentenceEnd = /[.!?]["'”’)\]*_`]*\s+(?=["'“‘([*_`]*[\p{Lu}\p{N}`])|[。！？][」』”’）\])*_`]*\s*/gu;
// What stands before a full stop that ends no sentence: rule numbers (R12.), list numbers (3.), abbreviations.
const notAnEnd = /(?:^|[\s(])(?:[A-Z]{1,2}\d+|\d+|e\.g|i\.e|etc|cf|vs|no|approx)\.$/i;
// None of those is longer; a paragraph may be, and is looked at once for each of its full stops.
const longestNotAnEnd = 40;

/** Splits `text[start, end)` into sentences; each range is trimmed, so that it can be quoted as it stands. */
export function splitSentences(text: string, start: number, end: number): TextRange[] {
  const slice = text.slice(start, end);
  const ranges: TextRange[] = [];
  let from = 0;
  for (const match of slice.matchAll(sentenceEnd)) {
    const stop = match.index + match[0].trimEnd().length;
    if (notAnEnd.test(slice.slice(Math.max(from, stop - longestNotAnEnd), stop))) continue;
    ranges.push({ start: start + from, end: start + stop });
    from = match.index + match[0].length;
  }
  ranges.push({ start: start + from, end });
  return ranges.map((range) => trimRange(text, range)).filter((range) => range.end > range.start);
}

/** The range without white space at its ends. */
export function trimRange(text: string, range: TextRange): TextRange {
  const slice = text.slice(range.start, range.end);
  const start = range.start + (slice.length - slice.trimStart().length);
  return { start, end: Math.max(start, range.end - (slice.length - slice.trimEnd().length)) };
}
