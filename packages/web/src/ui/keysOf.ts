/**
 * A key for each item of a list whose items may be alike, as two equal payments of one transaction are: of those the second and
 * later are told apart by their number. React would leave one of two with the same key where it was when the list changes.
 */
export function keysOf(texts: readonly string[]): string[] {
  const counts = new Map<string, number>();
  return texts.map((text) => {
    const before = counts.get(text) ?? 0;
    counts.set(text, before + 1);
    return `${text}/${before}`;
  });
}
