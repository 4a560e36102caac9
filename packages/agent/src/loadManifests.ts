import { readFile } from 'node:fs/promises';
import { BaseError, parseManifest, type Manifest } from '@kedge/core';
import type { DocumentEntry } from './loadDocuments.js';

/**
 * The files that manifests list, under the paths that people know: with the anchored folder's name in front.
 *
 * @throws BaseError `manifest_unreadable`, `manifest_invalid`
 */
export async function loadManifests(paths: readonly string[]): Promise<DocumentEntry[]> {
  const manifests = await Promise.all(paths.map(readManifest));
  return manifests.flatMap(documentEntriesOf);
}

/** The files of one manifest as they are cited. */
export function documentEntriesOf(manifest: Manifest): DocumentEntry[] {
  return manifest.files.map(({ path, cid }) => ({
    path: manifest.kind === 'folder' ? `${manifest.name}/${path}` : path,
    cid,
  }));
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
