const namedEscapes: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/**
 * A text of somebody else, whole: what would steer a terminal, or begin a line that is none of ours, is written as an escape.
 */
export function plainText(text: string): string {
  return text.replace(
    /\p{C}/gu,
    (character) => namedEscapes[character] ?? `\\u{${character.codePointAt(0)!.toString(16)}}`,
  );
}

/** What of a text fits so many columns of a terminal, where letters of East Asia and emoji take two each. */
export function cutToColumns(text: string, columns: number): string {
  let left = columns;
  const kept = [...text].filter((character) => (left -= character.codePointAt(0)! < 0x1100 ? 1 : 2) >= 0);
  return kept.length === [...text].length ? text : `${kept.slice(0, -1).join('')}…`;
}
