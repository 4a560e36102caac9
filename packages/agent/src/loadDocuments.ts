/** One anchored file. `path` is how it is cited; `bytes` are what `cid` stands for. */
export type AnchoredDocument = { readonly path: string; readonly cid: string; readonly bytes: Uint8Array };

/** A file of a manifest, as far as reading it needs. */
export type DocumentEntry = { readonly path: string; readonly cid: string };

/** Reads the bytes behind a CID, whole or in pieces. */
export type ReadFile = (cid: string) => Promise<Uint8Array> | AsyncIterable<Uint8Array>;

/**
 * Reads the Markdown files among `entries` from a content store, in the order of their paths.
 *
 * @param readFile Must answer only bytes that match the CID, as `createContentStore` does.
 */
export async function loadDocuments(
  entries: readonly DocumentEntry[],
  readFile: ReadFile,
): Promise<AnchoredDocument[]> {
  const markdown = entries.filter((entry) => /\.(?:md|markdown)$/i.test(entry.path));
  const documents: AnchoredDocument[] = [];
  for (const { path, cid } of markdown.toSorted((a, b) => (a.path < b.path ? -1 : 1))) {
    documents.push({ path, cid, bytes: await collect(readFile(cid)) });
  }
  return documents;
}

async function collect(source: Promise<Uint8Array> | AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  if (!(Symbol.asyncIterator in source)) return source;
  const pieces: Uint8Array[] = [];
  for await (const piece of source) pieces.push(piece);
  return new Uint8Array(Buffer.concat(pieces));
}
