const longestRun = 256;

/**
 * A text in pieces that a byte-pair tokenizer counts one by one: whole, except that runs of more than 256 characters
 * without (or of nothing but) ASCII white space are cut every 256 characters. Merging is quadratic in a run's length, and
 * one such run must not stop a server. Part of how tokens are counted (docs/reference/policies.md).
 *
 * @example
 * const tokens = tokenizablePieces(text).reduce((sum, piece) => sum + count(piece), 0);
 */
export function tokenizablePieces(text: string): string[] {
  if (text === '') return [];
  if (text.length <= longestRun || !mayHaveLongRun(text)) return [text];
  const pieces: string[] = [];
  let taken = 0;
  let start = 0;
  let wasSpace = isSpace(text.charCodeAt(0));
  for (let at = 1; at <= text.length; at++) {
    const space = at < text.length ? isSpace(text.charCodeAt(at)) : !wasSpace;
    if (space === wasSpace) continue;
    if (at - start > longestRun) {
      if (start > taken) pieces.push(text.slice(taken, start));
      for (let piece = start; piece < at; piece += longestRun) {
        pieces.push(text.slice(piece, Math.min(piece + longestRun, at)));
      }
      taken = at;
    }
    start = at;
    wasSpace = space;
  }
  if (taken < text.length) pieces.push(taken === 0 ? text : text.slice(taken));
  return pieces;
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

function isSpace(unit: number): boolean {
  return unit === 32 || (unit >= 9 && unit <= 13);
}
