import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { anchorPath, createContentStore, type ContentStore } from '@kedge/store';
import { keccak256 } from 'viem';
import { loadDocuments, type AnchoredDocument } from '../src/loadDocuments.js';

/** The project's docs, anchored into a content store of their own and read back from it by CID. */
export async function anchorProjectDocs(): Promise<{
  documents: AnchoredDocument[];
  store: ContentStore;
  remove: () => Promise<void>;
}> {
  const dir = await mkdtemp(join(tmpdir(), 'kedge-agent-'));
  const store = createContentStore({ dir });
  const anchored = await anchorPath({
    path: fileURLToPath(new URL('../../../docs', import.meta.url)),
    keccak256: (bytes) => keccak256(bytes, 'bytes'),
    store,
    thread: 'never',
  });
  const entries = anchored.files.map(({ path, cid }) => ({ path: `${anchored.name}/${path}`, cid }));
  const documents = await loadDocuments(entries, (cid) => store.catFile(cid));
  return { documents, store, remove: () => rm(dir, { recursive: true, force: true }) };
}
