import { mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Makes a folder, and those above it that are missing. Node's own way never ends where the system refuses to make one with
 * "no such file", as under /proc.
 *
 * @param mode of what is made, as for `mkdir`
 * @returns the highest folder that was made; undefined where all were there
 * @throws the system's error, with the path that cannot be made
 * @example
 * makeFolder('.kedge/store', 0o700);
 */
export function makeFolder(folder: string, mode = 0o777): string | undefined {
  try {
    mkdirSync(folder, { mode });
    return folder;
  } catch (error) {
    if (isFolder(folder)) return undefined;
    const above = dirname(folder);
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || isFolder(above)) throw error;
    const highest = makeFolder(above, mode);
    return makeFolder(folder, mode) === undefined ? highest : (highest ?? folder);
  }
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}
