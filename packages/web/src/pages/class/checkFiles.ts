import { BaseError, bytesToHex, isJsonObject } from '@kedge/core';
import { documentMatches } from './checkDocument.js';

/** A file that the metadata names, with its SHA-256 in hexadecimal digits. */
export type AnchoredFile = { readonly path: string; readonly sha256: string };

export type FileFinding = {
  readonly path: string;
  readonly size: number;
  readonly sha256: string;
  readonly kind: 'same' | 'changed' | 'unknown';
};

/** A browser hashes a whole file in memory. */
const largest = 1024 ** 3;

/** The files that Croissant metadata name. Metadata are anybody's: what names no file is passed over. */
export function anchoredFilesOf(metadata: unknown): AnchoredFile[] {
  const { distribution } = (metadata ?? {}) as { distribution?: unknown };
  if (!Array.isArray(distribution)) return [];
  return (distribution as unknown[]).flatMap((item) => {
    if (!isJsonObject(item)) return [];
    const { name, sha256 } = item;
    const isFile = item['@type'] === 'cr:FileObject' && item['@id'] !== 'folder';
    return isFile && typeof name === 'string' && typeof sha256 === 'string' ? [{ path: name, sha256 }] : [];
  });
}

/**
 * Compares files with the anchored ones, by content and then by name. The metadata count only when they have the hash that
 * is on chain.
 *
 * @throws BaseError `metadata_differs`, `file_too_large`, `no_hashing`.
 */
export async function checkFiles(
  files: readonly File[],
  metadata: unknown,
  integrityHash: string,
): Promise<FileFinding[]> {
  if (!documentMatches(metadata, integrityHash)) {
    throw new BaseError('The metadata are not what is anchored, so nothing can be compared with them.', {
      code: 'metadata_differs',
    });
  }
  if (globalThis.crypto?.subtle === undefined) {
    throw new BaseError('This browser only hashes on pages that came by HTTPS or from this machine.', {
      code: 'no_hashing',
      hints: ['kedge anchor verify checks files anywhere.'],
    });
  }
  const anchored = anchoredFilesOf(metadata);
  const findings: FileFinding[] = [];
  for (const file of files) {
    if (file.size > largest) {
      throw new BaseError(`${file.name} is larger than a browser hashes at once.`, {
        code: 'file_too_large',
        hints: ['kedge anchor verify checks files of any size.'],
      });
    }
    const digest = await crypto.subtle.digest('SHA-256', await file.arrayBuffer());
    const sha256 = bytesToHex(new Uint8Array(digest)).slice(2);
    findings.push(findingOf(file, sha256, anchored));
  }
  return findings;
}

function findingOf(file: File, sha256: string, anchored: readonly AnchoredFile[]): FileFinding {
  // A chosen folder comes with its own name in front; a chosen file comes without any folder.
  const inFolder = (file.webkitRelativePath as string | undefined)?.split('/').slice(1).join('/') ?? '';
  const path = inFolder === '' ? file.name : inFolder;
  const same = anchored.find((each) => each.sha256 === sha256);
  if (same !== undefined) return { path: same.path, size: file.size, sha256, kind: 'same' };
  const isNamed = anchored.some((each) => each.path === path || each.path.split('/').at(-1) === path);
  return { path, size: file.size, sha256, kind: isNamed ? 'changed' : 'unknown' };
}
