type Row = Readonly<Record<string, unknown>>;

/** A part of a list; `next` is where the following one begins. */
export type Part = { readonly rows: readonly Row[]; readonly next: string | null };

/**
 * A list as CSV (RFC 4180), part after part, as its reader takes it. Amounts stay exact, nested values are JSON. A text that a
 * spreadsheet would run as a formula gets an apostrophe in front: names come from anybody. A part that fails breaks it off, so
 * that nobody takes a beginning for the whole.
 *
 * @param partAfter The part after a place, which is undefined for the first.
 */
export async function csvOf(
  columns: readonly string[],
  partAfter: (place: string | undefined) => Promise<Part>,
): Promise<ReadableStream<Uint8Array>> {
  const linesOf = (rows: readonly Row[]): string =>
    rows.map((row) => lineOf(columns.map((column) => cellOf(row[column])))).join('');
  const encoder = new TextEncoder();
  // What is wrong with the request is found out before the answer begins.
  let part = await partAfter(undefined);
  let text = lineOf(columns) + linesOf(part.rows);
  return new ReadableStream({
    pull: async (stream) => {
      stream.enqueue(encoder.encode(text));
      if (part.next === null) return stream.close();
      part = await partAfter(part.next);
      text = linesOf(part.rows);
    },
  });
}

function lineOf(cells: readonly string[]): string {
  return `${cells.map(quoted).join(',')}\r\n`;
}

function cellOf(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'object')
    return JSON.stringify(value, (_, inner: unknown) => (typeof inner === 'bigint' ? String(inner) : inner));
  const text = String(value);
  return typeof value === 'string' && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
}

function quoted(cell: string): string {
  return /[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}
