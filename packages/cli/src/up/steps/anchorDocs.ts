import {
  bindManifest,
  buildCroissant,
  buildManifest,
  integrityHashOf,
  zeroHash,
  type AnchoredContent,
  type Croissant,
} from '@kedge/core';
import type { KedgeClient } from '@kedge/sdk';
import { anchorPath, type ContentStore } from '@kedge/store';
import { keccak256 } from '../../keccak256.js';
import { docsClassName, shareRatio } from '../demoTerms.js';
import { stageDocs } from '../stageDocs.js';
import type { DocsStep } from '../upState.js';
import { ensureClass, ensureShare } from './classes.js';

const licence = 'https://spdx.org/licenses/MIT.html';

/** Kedge's own docs as they are now. */
type DocsNow = { readonly content: AnchoredContent; readonly croissant: Croissant };

/** Reads the docs of the installation; with a store, their blocks go into it, durably. */
async function readDocs(workFolder: string, store?: ContentStore): Promise<DocsNow> {
  const staged = stageDocs(workFolder);
  try {
    const content = await anchorPath({
      path: staged.folder,
      keccak256,
      thread: 'never',
      ...(store === undefined ? {} : { store, sync: 'each' as const }),
    });
    const croissant = buildCroissant({
      name: docsClassName,
      description: 'The README, guides, reference, specifications and decisions of Kedge, as Markdown.',
      licence,
      datePublished: staged.changedOn,
      creators: [{ name: 'Kedge contributors', kind: 'organization' }],
      keywords: ['kedge', 'ERC-8028', 'documentation'],
      content,
    });
    return { content, croissant };
  } finally {
    staged.remove();
  }
}

/** Anchors the docs as a dataset class of the contributor, with a share token for it. */
export async function anchorDocs(client: KedgeClient, store: ContentStore, workFolder: string): Promise<DocsStep> {
  const { content, croissant } = await readDocs(workFolder, store);
  const integrityHash = integrityHashOf(croissant, keccak256);
  const classId = await ensureClass(client, {
    kind: 'dataset',
    metadataURI: `ipfs://${await store.putJson(croissant, { sync: 'each' })}`,
    integrityHash,
    // The licence is the whole policy: units of this class are not sold, so there are no rates and no hash.
    policy: { uri: licence, hash: zeroHash },
    options: { shareCap: shareRatio },
  });
  const shareTokenId = await ensureShare(client, classId);
  const { chainId, contracts } = client.deployment;
  const binding = { classId: String(classId), chainId, contract: contracts.DataAnchoringToken };
  const manifest = bindManifest(buildManifest(content, integrityHash), binding);
  const manifestCid = await store.putJson(manifest, { sync: 'each' });
  return { name: docsClassName, classId, shareTokenId, cid: content.cid, manifestCid };
}

/** What is to be said of the docs of the installation beside those that were anchored; nothing while they are the same. */
export async function remarkOnDocs(step: DocsStep, workFolder: string): Promise<string | undefined> {
  try {
    const { content } = await readDocs(workFolder);
    if (content.cid === step.cid) return undefined;
    return 'The docs changed since they were anchored: answers come from the anchored version.';
  } catch (error) {
    // They are needed no more: the content store has what was anchored.
    return `The docs could not be compared with those that were anchored, which answers come from: ${(error as Error).message}`;
  }
}
