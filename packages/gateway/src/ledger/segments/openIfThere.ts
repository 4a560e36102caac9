import { type FileHandle, open } from 'node:fs/promises';

/** A file to read; undefined when it is not there. */
export function openIfThere(path: string): Promise<FileHandle | undefined> {
  return open(path, 'r').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
}
