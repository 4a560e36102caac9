import { closeSync, fchmodSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { BaseError } from '@kedge/core';
import { namingFile } from './namingFile.js';

/** Makes a rename or a new name in `folder` survive a power cut. */
export function syncFolder(folder: string): void {
  const descriptor = openSync(folder, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/**
 * Replaces a file so that at every moment, a crash included, the path holds the whole old or the whole new content:
 * temporary file, fsync, rename, fsync of the folder. One writer a path.
 */
export function writeDurably(path: string, content: string | Uint8Array, mode = 0o600): void {
  const temporary = `${path}.tmp`;
  const bytes = typeof content === 'string' ? Buffer.from(content, 'utf8') : content;
  const descriptor = openNaming(path, temporary, mode);
  try {
    // The mode given to open counts only for a new file, and a temporary file may be left from a crash.
    fchmodSync(descriptor, mode);
    for (let written = 0; written < bytes.length;) written += writeSync(descriptor, bytes, written);
    fsyncSync(descriptor);
  } catch (error) {
    rmSync(temporary, { force: true });
    namingFile(path)(error);
  } finally {
    closeSync(descriptor);
  }
  renameSync(temporary, path);
  syncFolder(dirname(path));
}

function openNaming(path: string, temporary: string, mode: number): number {
  try {
    return openSync(temporary, 'w', mode);
  } catch (error) {
    return namingFile(path)(error);
  }
}

/** The content of a file, or undefined when there is none. */
export function readIfExists(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    return namingFile(path)(error);
  }
}

/**
 * Parses a JSON file of the data folder; `undefined` when there is none.
 * @param wayOut What to do where it is damaged: what is lost with it differs.
 * @throws BaseError `damaged_file`
 */
export function readJsonFile(path: string, wayOut: string): unknown {
  const text = readIfExists(path);
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new BaseError(`${path} is damaged: it is not JSON`, {
      code: 'damaged_file',
      cause,
      hints: [wayOut],
    });
  }
}
