import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { namingFile } from './namingFile.js';

/** Reads a file that somebody named. Unlike Node's own, every error names the path, that of a folder too. */
export async function readGivenFile(cwd: string, file: string): Promise<Buffer> {
  const path = resolve(cwd, file);
  return readFile(path).catch(namingFile(path));
}
