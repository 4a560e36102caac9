export type DiffLine = { readonly kind: 'same' | 'added' | 'removed'; readonly text: string };

/** Of the table that they are compared in: that of two texts of 2,000 lines each. */
const mostCells = 4_000_000;

/**
 * The lines of two texts, with what was removed before what was added: by their longest common subsequence. Undefined for
 * texts too long to be compared in a page: anybody writes them.
 */
export function diffLines(before: string, after: string): DiffLine[] | undefined {
  const old = before.split('\n');
  const now = after.split('\n');
  if (old.length * now.length > mostCells) return undefined;
  // longest[i][j]: lines that old from i and now from j have in common, in order.
  const longest = Array.from({ length: old.length + 1 }, () => new Uint32Array(now.length + 1));
  for (let i = old.length - 1; i >= 0; i -= 1) {
    for (let j = now.length - 1; j >= 0; j -= 1) {
      longest[i]![j] =
        old[i] === now[j] ? longest[i + 1]![j + 1]! + 1 : Math.max(longest[i + 1]![j]!, longest[i]![j + 1]!);
    }
  }
  const lines: DiffLine[] = [];
  let [i, j] = [0, 0];
  while (i < old.length || j < now.length) {
    if (i < old.length && j < now.length && old[i] === now[j]) {
      lines.push({ kind: 'same', text: old[i]! });
      i += 1;
      j += 1;
    } else if (i < old.length && (j === now.length || longest[i + 1]![j]! >= longest[i]![j + 1]!)) {
      lines.push({ kind: 'removed', text: old[i]! });
      i += 1;
    } else {
      lines.push({ kind: 'added', text: now[j]! });
      j += 1;
    }
  }
  return lines;
}
