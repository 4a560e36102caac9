import { readFile } from 'node:fs/promises';
import { BaseError, parseManifest, type Manifest } from '@kedge/core';
import type { DocumentEntry } from './loadDocuments.js';

/**
 * The files that manifests list, under their paths in the anchored folder; when there are several manifests, with the
 * folder's name in front. Two folders of one name are told apart by the CIDs alone.
 *
 * @throws BaseError `manifest_unreadable`, `manifest_invalid`
 */
export async function loadManifests(paths: readonly string[]): Promise<DocumentEntry[]> {
  const manifests = await Promise.all(paths.map(readManifest));
  return manifests.flatMap((manifest) => documentEntriesOf(manifest, manifests.length > 1));
}

function documentEntriesOf({ name, kind, files }: Manifest, amongOthers: boolean): DocumentEntry[] {
  const prefix = kind === 'folder' && amongOthers ? `${name}/` : '';
  return files.map(({ path, cid }) => ({ path: `${prefix}${path}`, cid }));
}

async function readManifest(path: string): Promise<Manifest> {
  let value: unknown;
  try {
    value = JSON.parse(await readFile(path, 'utf8'));
  } catch (cause) {
    throw new BaseError('A manifest cannot be read.', {
      code: 'manifest_unreadable',
      values: { path },
      hints: ['Name a file that "kedge anchor" wrote.'],
      cause,
    });
  }
  return parseManifest(value);
}
