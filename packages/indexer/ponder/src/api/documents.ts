import { createContentStore } from '@kedge/store';
import { settings } from './reading';

const store =
  settings.contentStoreDir === undefined ? undefined : createContentStore({ dir: settings.contentStoreDir });
const largest = 1024 * 1024;
const keptDocuments = 2_000;
const kept = new Map<string, unknown>();

/** The JSON document behind an `ipfs://` URI; null where it is not at hand, is no JSON, or has more than 1 MiB. */
export async function documentOf(uri: string): Promise<unknown> {
  const cid = /^ipfs:\/\/([a-z0-9]+)$/.exec(uri)?.[1];
  if (store === undefined || cid === undefined) return null;
  if (kept.has(cid)) {
    const known = kept.get(cid);
    // A map keeps the order in which things came: what is used again is the newest.
    kept.delete(cid);
    kept.set(cid, known);
    return known;
  }
  const pieces: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const piece of store.catFile(cid, { length: largest + 1 })) {
      pieces.push(piece);
      size += piece.length;
    }
    if (size > largest) return null;
    const document: unknown = JSON.parse(Buffer.concat(pieces).toString('utf8'));
    kept.set(cid, document);
    if (kept.size > keptDocuments) kept.delete(kept.keys().next().value!);
    return document;
  } catch {
    // Anybody can name any content; what cannot be read has no name here, and may be there the next time.
    return null;
  }
}
