import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildManifest } from '@kedge/core';
import { anchorPath, createContentStore, type ContentStore } from '@kedge/store';
import { keccak256 } from 'viem';
import { loadDocuments, type AnchoredDocument } from '../src/loadDocuments.js';
import { loadManifests } from '../src/loadManifests.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));

export type AnchoredDocs = {
  readonly documents: AnchoredDocument[];
  readonly store: ContentStore;
  /** Path of the manifest. */
  readonly manifest: string;
  readonly remove: () => Promise<void>;
};

/** README.md and docs/ of the project, anchored as `kedge up` does into a content store, and read back from it by CID. */
export async function anchorProjectDocs(): Promise<AnchoredDocs> {
  const dir = await mkdtemp(join(tmpdir(), 'kedge-agent-'));
  const staged = join(dir, 'kedge');
  await mkdir(staged);
  for (const name of ['README.md', 'docs']) await cp(join(root, name), join(staged, name), { recursive: true });
  const store = createContentStore({ dir: join(dir, 'store') });
  const content = await anchorPath({
    path: staged,
    keccak256: (bytes) => keccak256(bytes, 'bytes'),
    store,
    thread: 'never',
  });
  const manifest = join(dir, 'manifest.json');
  await writeFile(manifest, JSON.stringify(buildManifest(content, `0x${'00'.repeat(32)}`)));
  const documents = await loadDocuments(await loadManifests([manifest]), (cid) => store.catFile(cid));
  return { documents, store, manifest, remove: () => rm(dir, { recursive: true, force: true }) };
}
